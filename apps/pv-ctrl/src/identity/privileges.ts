/** What this process may do. pv-ctrl parses bytes that containers sent, so it must be able to do nothing else. */
import { readFileSync } from 'node:fs';

export interface Privileges {
  readonly uid: number;
  readonly gid: number;
  /** Effective, permitted and ambient capabilities together, as the kernel's bit mask. */
  readonly capabilities: bigint;
}

export function readPrivileges(status: string = readFileSync('/proc/self/status', 'utf8')): Privileges {
  const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? fail(name);
  const mask = (name: string): bigint => BigInt(`0x${field(name)}`);
  return { uid: Number(field('Uid')), gid: Number(field('Gid')), capabilities: mask('CapEff') | mask('CapPrm') | mask('CapAmb') };
}

/** undefined: as it should be. Otherwise the sentence for the user. */
export function privilegeError({ uid, gid, capabilities }: Privileges): string | undefined {
  const way = 'pv-core starts it as PV_CTRL_UID; by hand: setpriv --reuid 65411 --regid 65411 --clear-groups --no-new-privs pv-ctrl (PV_CTRL_ALLOW_ROOT=1 allows it, for debugging only)';
  if (uid === 0 || gid === 0) return `pv-ctrl does not run as root (uid ${uid}, gid ${gid}): ${way}`;
  if (capabilities !== 0n) return `pv-ctrl does not run with capabilities (0x${capabilities.toString(16)}): ${way}`;
  return undefined;
}

function fail(name: string): never {
  throw new Error(`/proc/self/status has no ${name}`);
}
