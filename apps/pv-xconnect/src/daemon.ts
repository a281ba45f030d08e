/** Puts the parts together: the graph that is followed, the mesh that follows it, and the socket that one may ask. */
import { dirname } from 'node:path';
import { hostName } from '@pv/contract/grammar';
import { takeMountSteps } from '@pv/pv-native/mount-into';
import type { Clock, Random } from '@pv/runtime/clock';
import { askOther } from './control/ask.ts';
import { claimInstance, type Claim } from './control/claim.ts';
import { serveControl } from './control/serve.ts';
import { graphFetcher } from './graph/fetch.ts';
import { followGraph, type Refreshed } from './graph/follow.ts';
import type { Lines } from './lines.ts';
import { Mesh } from './links/mesh.ts';
import { Keeper } from './handover/keeper.ts';
import { removeLeft } from './handover/remove-left.ts';
import type { FdStore } from './handover/store.ts';
import { MeshRelay } from './relay/mesh-relay.ts';
import { pinContainer, pinHost } from './links/pin.ts';
import { deferredClose, sharedPins } from './links/shared-pins.ts';
import type { TakeMountSteps } from './mounts/mount-file.ts';
import { dbusPlugin } from './plugins/dbus/dbus.ts';
import { drmPlugin } from './plugins/drm/drm.ts';
import { restPlugin } from './plugins/rest/rest.ts';
import { unixPlugin } from './plugins/unix/unix.ts';
import { waylandPlugin } from './plugins/wayland/wayland.ts';

/** Milliseconds that sessions in the middle of something have to come to a point where another process can go on. */
const handOverMs = 2_000;

export interface DaemonOptions {
  /** pv-core's socket, where the graph comes from. */
  readonly coreSocket: string;
  /** Our own, which is also what makes us the only one. */
  readonly ownSocket: string;
  /** Started by pv-core, which decides what to do when another instance still runs. */
  readonly managed: boolean;
  readonly pid: number;
  /** Where the next instance finds what this one leaves; undefined: nowhere, it begins anew. */
  readonly store: FdStore | undefined;
  /** The threads: relay-worker.ts and mount-worker.ts. */
  readonly workers: { readonly relay: URL; readonly mount: URL };
  /** Devices that a drm link may inject beside graphics ones, `<major>:<minor>`: for tests. */
  readonly testDevices: ReadonlySet<string>;
  /** A half-open session ends when no byte moved for so long. */
  readonly lingerMs: number;
  /** The data plane failed: nothing is served any more. */
  readonly onFault: (error: Error) => void;
  readonly lines: Lines;
  readonly clock: Clock;
  readonly random: Random;
  readonly timestamp: () => string;
}

export type Started =
  | {
      readonly kind: 'running';
      /** Takes everything away that was injected. */
      stop(): Promise<void>;
      /** Leaves sockets and sessions to the next instance; without a store it is `stop`. */
      handOver(): Promise<void>;
    }
  | { readonly kind: 'ended'; readonly ok: boolean };

export async function startDaemon(options: DaemonOptions): Promise<Started> {
  const { lines, ownSocket, managed, clock } = options;
  lines.out('pv-xconnect starting...');
  const claim = claimInstance(ownSocket);
  switch (claim.kind) {
    case 'ours':
      return { kind: 'running', ...run(claim, options) };
    case 'impossible':
      lines.err(`pv-xconnect: ${claim.reason}`);
      return { kind: 'ended', ok: false };
    case 'taken':
      if (!managed) return { kind: 'ended', ok: await askOther(ownSocket, clock, lines) };
      lines.out('Another pv-xconnect still manages the mesh; this one ends and leaves it to it');
      return { kind: 'ended', ok: true };
  }
}

function run(claim: Claim & { kind: 'ours' }, { coreSocket, ownSocket, pid, lines, clock, random, timestamp, workers, testDevices, lingerMs, onFault, store }: DaemonOptions): Pick<Started & { kind: 'running' }, 'stop' | 'handOver'> {
  const takeSteps: TakeMountSteps = (steps) => takeMountSteps(workers.mount, steps);
  const plugins = new Map([dbusPlugin, drmPlugin(testDevices, takeSteps), restPlugin, unixPlugin(takeSteps), waylandPlugin(dirname(ownSocket))].map((plugin) => [plugin.type, plugin]));
  const relay = new MeshRelay({ worker: workers.relay, lingerMs, onFault });
  const keeper = new Keeper(store, removeLeft(plugins, lines));
  const mesh = new Mesh({ plugins, pin: sharedPins(deferredClose(relay, (of, name) => (name === hostName ? pinHost() : pinContainer(of, name)))), lines, clock, random, relay, keeper, timestamp });
  const follower = followGraph({
    fetch: graphFetcher(coreSocket, clock),
    onGraph: (links, changed) => {
      if (changed) lines.out(`Reconciling graph with ${links.length} links`);
      mesh.apply(links);
    },
    lines, clock, random,
  });
  const reconcile = async (): Promise<Refreshed> => {
    const refreshed = await follower.refresh();
    mesh.retry();
    return refreshed;
  };
  const control = serveControl(claim.fd, { reconcile, status: () => mesh.status(), pid, onFault: (error) => lines.err(`Cannot answer on the control socket: ${String(error)}`) });
  const standDown = (): void => {
    follower.stop();
    control.close();
  };
  const stop = async (): Promise<void> => {
    standDown();
    mesh.close();
    keeper.clear();
    claim.release();
    await relay.stop();
  };
  return {
    stop,
    handOver: async () => {
      if (store === undefined) return stop();
      standDown();
      lines.out(`Leaving ${await mesh.handOver(handOverMs)} sessions to the next instance`);
      claim.release();
    },
  };
}
