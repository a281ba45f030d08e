/**
 * Files of a container, found in its own root and told by what they are. Symbolic links at the end of a path are not
 * followed, so nothing of the host is looked at; no file system is asked that may never answer, if the path itself leads
 * through none (see hang-reason.ts).
 */
import { constants } from 'node:fs';
import { errorCode, isExhausted } from '@pv/pv-native/errors';
import { closeFd, statFd, type FdStat } from '@pv/pv-native/fd';
import { openEntry, openParentInRoot } from '@pv/pv-native/openat';
import { hasListener } from '@pv/pv-native/socket';

export type FileId = Pick<FdStat, 'dev' | 'ino'>;

/** A name in a directory that `fd` (`O_PATH`) is. */
export interface Directory {
  readonly fd: number;
  readonly name: string;
}

export function isSame(a: FileId | undefined, b: FileId): boolean {
  return a !== undefined && a.dev === b.dev && a.ino === b.ino;
}

export function isSocket(mode: number): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFSOCK;
}

export function isCharDevice(mode: number): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFCHR;
}

/** undefined: nothing has that name. Throws SystemError. */
export function statIn(directory: Directory): FdStat | undefined {
  return withEntry(directory, statFd);
}

/** What the container finds at `path` now; undefined: nothing, or nothing that can be looked up. Throws when descriptors ran out here. */
export function statAt(rootFd: number, path: string): FdStat | undefined {
  try {
    const directory = openParentInRoot(rootFd, path, { create: false });
    try {
      return statIn(directory);
    } finally {
      closeFd(directory.fd);
    }
  } catch (error) {
    if (errorCode(error) === undefined || isExhausted(error)) throw error;
    return undefined;
  }
}

/** Whether a socket has that name, and somebody listens on it. Throws SystemError. */
export function isServed(directory: Directory): boolean {
  return withEntry(directory, (fd) => isSocket(statFd(fd).mode) && hasListener(`/proc/self/fd/${fd}`)) === true;
}

function withEntry<T>({ fd, name }: Directory, work: (fd: number) => T): T | undefined {
  const entry = openEntry(fd, name);
  if (entry === undefined) return undefined;
  try {
    return work(entry);
  } finally {
    closeFd(entry);
  }
}
