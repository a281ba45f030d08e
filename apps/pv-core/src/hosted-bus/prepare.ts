/**
 * Makes the hosted bus ready for a revision that is about to be accepted: ids for its roles, policy, user database.
 * Nothing that is in use changes unless the bus accepts the new configuration.
 */
import { accessSync, chownSync, constants, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '@pv/runtime/config';
import type { HostedBusPlaces, Places } from '@pv/runtime/places';
import { allocateUids } from '@pv/state/bus-uids';
import { busRoles, type HostedBus } from '@pv/state/hosted-bus';
import type { Revision } from '@pv/state/model';
import { writeFileAtomic } from '@pv/storage/atomic';
import { baseConfigText } from './base-config.ts';
import { busProgram } from './command.ts';
import { policyText } from './policy.ts';
import { type BusTexts, tryBus } from './trial.ts';
import { loadUids, saveUids } from './uid-store.ts';
import { passwdText } from './user-database.ts';

export type PrepareResult = { readonly kind: 'ready'; readonly bus: HostedBus } | { readonly kind: 'off' } | { readonly kind: 'refused'; readonly problem: string };

export async function prepareHostedBus(revision: Revision, config: Config, places: Places): Promise<PrepareResult> {
  if (!config.PV_XCONNECT_DBUS_SYSTEMBUS_ENABLED) return { kind: 'off' };
  const at = places.hostedBus;
  const missing = missingProgram() ?? closedParent(at.dir);
  if (missing !== undefined) return { kind: 'refused', problem: missing };
  const stored = loadUids(at.uids);
  if (stored.kind === 'unusable') return { kind: 'refused', problem: stored.problem };
  makeDirectories(at, config.PV_XCONNECT_DBUS_UID);
  const uids = allocateUids(stored.uids, busRoles(revision.containers));
  const texts = { base: baseConfigText(at), policy: policyText(revision.containers), passwd: passwdText(uids, config.PV_XCONNECT_DBUS_UID) };
  const changed = read(at.config) !== texts.base || read(at.policy) !== texts.policy || read(at.passwd) !== texts.passwd;
  const refusal = changed ? await tryBus(texts, places) : undefined;
  if (refusal !== undefined) return { kind: 'refused', problem: `the configuration of the hosted system bus is not accepted by ${busProgram}: ${refusal}` };
  if (uids !== stored.uids) saveUids(at.uids, uids);
  if (changed) writeFiles(at, texts);
  return { kind: 'ready', bus: { socket: at.socket, uids } };
}

function missingProgram(): string | undefined {
  try {
    accessSync(busProgram, constants.X_OK);
    return undefined;
  } catch (error) {
    const next = "install it (in Debian: dbus-daemon), or switch the bus off (PV_XCONNECT_DBUS_SYSTEMBUS_ENABLED=0)";
    return `the hosted system bus is on, but cannot run: ${(error as Error).message}; ${next}`;
  }
}

/** A bus that runs reads a new policy as its own user; it would say in a log only that it cannot. */
function closedParent(dir: string): string | undefined {
  const parent = dirname(dir);
  if ((statSync(parent).mode & constants.S_IXOTH) === 0) return `${parent}: is closed to the user of the hosted system bus: allow others to search it (chmod o+x), or set another PV_SYSTEM_RUNDIR`;
  return parent === '/' ? undefined : closedParent(parent);
}

/** Its user reads in them, on SIGHUP too, and writes nowhere. */
function makeDirectories({ dir, policy }: HostedBusPlaces, gid: number): void {
  for (const path of [dir, dirname(policy)]) {
    mkdirSync(path, { recursive: true, mode: 0o750 });
    chownSync(path, 0, gid);
  }
}

function writeFiles({ config, policy, passwd }: HostedBusPlaces, texts: BusTexts & { readonly base: string }): void {
  writeFileAtomic(policy, texts.policy);
  writeFileAtomic(config, texts.base);
  writeInPlace(passwd, texts.passwd);
}

/** A running bus has this very file mounted. New roles come at its end, so a reader sees old lines or new ones. */
function writeInPlace(path: string, text: string): void {
  writeFileSync(path, text, { flag: read(path) === undefined ? 'w' : 'r+', mode: 0o644 });
  truncateSync(path, Buffer.byteLength(text));
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
