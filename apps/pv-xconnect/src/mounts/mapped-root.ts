/** Whom a container's root is, in this process's terms. */
import { readFileSync, statSync } from 'node:fs';
import type { Ids } from '@pv/pv-native/fs-ids';

/** 0 and 0 for a container without a user namespace of its own. Throws Node's errors (ENOENT: the process has ended). */
export function mappedRoot(pid: number): Ids {
  return { uid: rootOf(readFileSync(`/proc/${pid}/uid_map`, 'latin1')), gid: rootOf(readFileSync(`/proc/${pid}/gid_map`, 'latin1')) };
}

export function hasOwnUserNamespace(pid: number): boolean {
  const [own, its] = ['self', pid].map((process) => statSync(`/proc/${process}/ns/user`, { bigint: true }).ino);
  return own !== its;
}

/** Lines are `<first id inside> <first id outside> <count>`. Where 0 is not mapped, nothing better than 0 is known. */
export function rootOf(map: string): number {
  for (const line of map.split('\n')) {
    const [inside, outside] = line.trim().split(/\s+/);
    if (inside === '0') return Number(outside);
  }
  return 0;
}
