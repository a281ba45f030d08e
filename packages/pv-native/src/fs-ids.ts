/**
 * File-system ids of the calling thread alone: whom new files belong to, and whose rights files are opened with. In a
 * filesystem that a user namespace mounted, only ids that are mapped there can make files.
 */
import { libc } from './libc.ts';

export interface Ids {
  readonly uid: number;
  readonly gid: number;
}

const setfsuid: (uid: number) => number = libc.func('setfsuid', 'int', ['unsigned int']);
const setfsgid: (gid: number) => number = libc.func('setfsgid', 'int', ['unsigned int']);

/** Runs `work`, which must be synchronous, with these ids. Without the right to (CAP_SETUID, CAP_SETGID) nothing changes. */
export function withFsIds<T>({ uid, gid }: Ids, work: () => T): T {
  if (uid === 0 && gid === 0) return work();
  // The group first: with another user than root the right to change it may be gone.
  const formerGid = setfsgid(gid);
  const formerUid = setfsuid(uid);
  try {
    return work();
  } finally {
    setfsuid(formerUid);
    setfsgid(formerGid);
  }
}
