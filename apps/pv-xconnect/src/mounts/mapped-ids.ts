/** Whom a container's users are, in this process's terms. */
import { readFileSync, statSync } from 'node:fs';
import type { Ids } from '@pv/pv-native/fs-ids';

/** 0 and 0 for a container without a user namespace of its own. Throws Node's errors (ENOENT: the process has ended). */
export function mappedRoot(pid: number): Ids {
  return mappedIds(pid, { uid: 0, gid: 0 });
}

/** `ids`: as the container's own programs see them. Those that it does not have become its root's. */
export function mappedIds(pid: number, { uid, gid }: Ids): Ids {
  return { uid: mapId(readFileSync(`/proc/${pid}/uid_map`, 'latin1'), uid), gid: mapId(readFileSync(`/proc/${pid}/gid_map`, 'latin1'), gid) };
}

export function hasOwnUserNamespace(pid: number): boolean {
  const [own, its] = ['self', pid].map((process) => statSync(`/proc/${process}/ns/user`, { bigint: true }).ino);
  return own !== its;
}

/** Lines are `<first id inside> <first id outside> <count>`. Where not even 0 is mapped, nothing better than 0 is known. */
export function mapId(map: string, id: number): number {
  for (const line of map.split('\n')) {
    const [inside = NaN, outside = NaN, count = NaN] = line.trim().split(/\s+/).map(Number);
    if (id >= inside && id < inside + count) return outside + id - inside;
  }
  return id === 0 ? 0 : mapId(map, 0);
}
