/**
 * pv-core put together: the revision, the supervisor of its containers, the API and the daemons. Owns their order of
 * begin and end. It trusts its configuration; everything that a container could have written is checked below.
 */
import { closeSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '@pv/contract/limits';
import type { RevisionName } from '@pv/contract/names';
import type { Engine } from '@pv/engine/engine';
import type { Clock } from '@pv/runtime/clock';
import type { Config } from '@pv/runtime/config';
import type { Logger } from '@pv/runtime/log';
import type { Places } from '@pv/runtime/places';
import { declaredLinks } from '@pv/state/graph';
import type { HostedBus } from '@pv/state/hosted-bus';
import type { Revision } from '@pv/state/model';
import { type CoreSocket, serveCore } from './api/core-socket.ts';
import { GraphResource } from './api/graph-resource.ts';
import { createHandlers } from './api/handlers.ts';
import { meshLinks } from './api/mesh-links.ts';
import { Daemons } from './daemons/daemons.ts';
import { DoorSockets, doorsOf } from './daemons/door-sockets.ts';
import { prepareHostedBus } from './hosted-bus/prepare.ts';
import { Supervisor } from './lifecycle/supervisor.ts';
import { loadRevision } from './revision/load.ts';
import { lockedRun, lockRun } from './run-lock.ts';
import { createVolumes } from './storage/volumes.ts';

export interface CoreOptions {
  readonly revision: RevisionName;
  readonly config: Config;
  readonly places: Places;
  readonly engines: ReadonlyMap<string, Engine>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Directory of the programs, and how Node is called. */
  readonly programs: string;
  readonly node: readonly string[];
  /** A container that nobody recovers takes the device with it. */
  readonly onReboot: (reason: string) => void;
}

export type BeginResult = { readonly kind: 'running'; readonly core: Core } | { readonly kind: 'refused'; readonly problems: readonly string[] };

export interface Core {
  /** Stops containers in reverse group order, then the API, then the daemons. */
  shutDown(): Promise<void>;
}

export async function beginCore(options: CoreOptions): Promise<BeginResult> {
  const { places, log, config } = options;
  const lock = lockRun(places.run);
  if (lock === undefined) return { kind: 'refused', problems: [lockedRun(places.run)] };
  prepareRun(places);
  const loaded = await loadRevision(options.revision, places, options.engines, config.PV_UPDATER_GOALS_TIMEOUT, config.PV_XCONNECT_DBUS_SYSTEMBUS_ENABLED);
  if (loaded.kind === 'invalid') {
    closeSync(lock);
    return { kind: 'refused', problems: loaded.problems };
  }
  const bus = await prepareHostedBus(loaded.revision, config, places);
  if (bus.kind === 'refused') {
    closeSync(lock);
    return { kind: 'refused', problems: [bus.problem] };
  }
  for (const warning of loaded.warnings) log.for('parser').warn(warning);
  return { kind: 'running', core: await run(loaded.revision, bus.kind === 'ready' ? bus.bus : undefined, options) };
}

async function run(revision: Revision, hostedBus: HostedBus | undefined, options: CoreOptions): Promise<Core> {
  const { places, config, clock, log, onReboot } = options;
  const supervisor = new Supervisor({
    revision, engines: options.engines, volumes: createVolumes(places, revision.name), places, clock, log,
    grace: config.PV_STOP_GRACE, onChange: () => graph.refresh(), onReboot,
  });
  const lives = new Map(supervisor.lives.map((life) => [life.model.name, life]));
  const graph = new GraphResource({ links: declaredLinks(revision, hostedBus), endOf: (name) => lives.get(name), clock, heldSeconds: limits.heldMs / 1000 });
  const doors = new DoorSockets(doorsOf(revision, places));
  const daemons = new Daemons({ ...options, dir: places.daemons, doors, hostedBus, log: log.for('daemons') });
  const handlers = createHandlers({ supervisor, revision, hostedBus, daemons, graph, meshLinks: meshLinks(places.xconnectSocket), buildInfoPath: join(options.programs, 'build.json') });
  const socket = serveCore(handlers, places, config.PV_CTRL_UID, log.for('ctrl'));
  daemons.begin();
  await supervisor.boot();
  return { shutDown: () => shutDown(supervisor, socket, daemons, log) };
}

async function shutDown(supervisor: Supervisor, socket: CoreSocket, daemons: Daemons, log: Logger): Promise<void> {
  log.for('state').info('stopping all platforms');
  await supervisor.shutDown();
  await Promise.all([daemons.stopAll(), socket.close()]);
  log.for('state').info('shutdown complete');
}

function prepareRun({ storage, logs, daemons }: Places): void {
  mkdirSync(daemons, { recursive: true, mode: 0o700 });
  mkdirSync(join(storage, 'logs'), { recursive: true, mode: 0o755 });
  try {
    symlinkSync(join(storage, 'logs'), logs);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
