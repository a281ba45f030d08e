/** A hosted bus for a state made from a few words: prepared as pv-core does it, and a real dbus-daemon started as pv-core does it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RevisionName, Role } from '@pv/contract/names';
import { defaultConfig } from '@pv/runtime/config';
import { type Places, places as placesOf } from '@pv/runtime/places';
import type { Revision } from '@pv/state/model';
import { problemText } from '@pv/state/problem';
import { parseRevision } from '@pv/state/revision';
import { onTestFinished } from 'vitest';
import { busCommand } from '../../src/hosted-bus/command.ts';
import { prepareHostedBus } from '../../src/hosted-bus/prepare.ts';
import { BusPeer } from './bus-peer.ts';

/** name -> [owner's role, allowed roles]. */
export type Owned = Readonly<Record<string, readonly [string, readonly string[]]>>;

export const on = { ...defaultConfig, PV_XCONNECT_DBUS_SYSTEMBUS_ENABLED: true };

/** One container per owner's role, and one that requires the bus in each of `roles`. */
export function hostedRevision(owned: Owned, roles: readonly string[] = []): Revision {
  const owners = [...new Set(Object.values(owned).map(([role]) => role))];
  const bus = (role: string) => ({ name: 'system-bus', role, target: `/run/${role}` });
  const run = (name: string, required: readonly object[]) => ({ [`${name}/run.json`]: { name, type: 'lxc', config: 'c', 'root-volume': 'r.squashfs', services: { required } }, [`${name}/c`]: 'a'.repeat(64), [`${name}/r.squashfs`]: 'a'.repeat(64) });
  const state = Object.assign({ '#spec': 'pantavisor-service-system@1' }, run('clients', roles.map(bus)), ...owners.map((role, index) => ({
    ...run(`owner${index}`, [bus(role)]),
    [`owner${index}/services.json`]: Object.entries(owned).filter(([, [owner]]) => owner === role).map(([owns, [, allow]]) => ({ type: 'dbus', owns, role, allow })),
  }))) as object;
  const parsed = parseRevision({ name: '0' as RevisionName, text: JSON.stringify(state), goalsTimeout: 30, hostedBus: true });
  if (parsed.kind === 'invalid') throw new Error(parsed.problems.map(problemText).join('\n'));
  return parsed.revision;
}

/** `run`: the name of its run directory. */
export function temporaryPlaces(run = 'run'): Places {
  const dir = mkdtempSync(join(tmpdir(), 'pv-bus-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  chmodSync(dir, 0o755);
  const places = placesOf({ run: join(dir, run), storage: join(dir, 'storage') });
  mkdirSync(places.run);
  return places;
}

export async function prepared(revision: Revision, places: Places) {
  const result = await prepareHostedBus(revision, on, places);
  if (result.kind !== 'ready') throw new Error(JSON.stringify(result));
  return result.bus;
}

export interface RunningBus {
  readonly places: Places;
  readonly pid: number;
  uid(role: string): number;
  join(role: string): Promise<BusPeer>;
  /** A peer that holds the names. */
  owner(role: string, ...names: string[]): Promise<BusPeer>;
}

export async function runBus(revision: Revision, places = temporaryPlaces()): Promise<RunningBus> {
  const { uids, socket } = await prepared(revision, places);
  const [command = '', ...args] = busCommand(places.hostedBus, places, ['--print-address']);
  const daemon = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(async () => {
    daemon.kill('SIGKILL');
    if (daemon.exitCode === null && daemon.signalCode === null) await once(daemon, 'exit');
  });
  // It listens a moment after its socket is there, and prints when it does.
  await once(daemon.stdout, 'data');
  const uid = (role: string): number => uids.get(role as Role) ?? -1;
  const join = (role: string) => BusPeer.join(socket, uid(role));
  return {
    places, pid: daemon.pid ?? 0, uid, join,
    owner: async (role, ...names) => {
      const peer = await join(role);
      for (const name of names) {
        const answer = await peer.bus('RequestName', name, 0);
        if (answer !== 'ok') throw new Error(`${role} does not get ${name}: ${answer}`);
      }
      return peer;
    },
  };
}
