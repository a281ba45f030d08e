/**
 * What is at the path onto which something is to be mounted. A mount needs a file below it: an empty one that nobody may
 * open, which is also how one that an earlier run left is recognised.
 */
import { constants, fstatSync } from 'node:fs';
import { closeFd } from '@pv/pv-native/fd';
import { mountIdOf } from '@pv/pv-native/mount-of';
import { O_PATH, openat2, openEntry, resolveFlags } from '@pv/pv-native/openat';
import { hasListener } from '@pv/pv-native/socket';
import type { FileId } from '../links/place.ts';

export interface Directory {
  readonly fd: number;
  readonly name: string;
}

export interface Entry {
  readonly id: FileId;
  readonly mode: number;
  readonly size: number;
  readonly rdev: number;
  /** Something is mounted there, and this is that. */
  readonly isMount: boolean;
}

export type Obstacle =
  | { readonly kind: 'free' }
  /** By an earlier run: what is to be mounted is mounted already. */
  | { readonly kind: 'mounted' }
  /** A socket that nobody listens on, left over. */
  | { readonly kind: 'unlink' | 'unmount' }
  | { readonly kind: 'refused'; readonly reason: string };

/** `wanted`: whether an entry is what is to be mounted there. */
export function obstacleIn(directory: Directory, wanted: (entry: Entry) => boolean): Obstacle {
  const entry = lookIn(directory);
  if (entry === undefined || isPlaceholder(entry)) return { kind: 'free' };
  if (wanted(entry)) return entry.isMount ? { kind: 'mounted' } : { kind: 'refused', reason: 'is that very file already, and not by a mount of this link' };
  if (!isSocket(entry.mode)) return { kind: 'refused', reason: 'exists and is not a socket; it is left as it is' };
  if (hasListener(`/proc/self/fd/${directory.fd}/${directory.name}`)) return { kind: 'refused', reason: 'is a socket that somebody else listens on' };
  return { kind: entry.isMount ? 'unmount' : 'unlink' };
}

export function isSocket(mode: number): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFSOCK;
}

export function isPlaceholder(entry: Entry | undefined): boolean {
  return entry !== undefined && entry.mode === constants.S_IFREG && entry.size === 0 && !entry.isMount;
}

export function lookIn({ fd, name }: Directory): Entry | undefined {
  const entry = openEntry(fd, name);
  if (entry === undefined) return undefined;
  try {
    const { dev, ino, mode, size, rdev } = fstatSync(entry, { bigint: true });
    return { id: { dev, ino }, mode: Number(mode), size: Number(size), rdev: Number(rdev), isMount: mountIdOf(entry) !== mountIdOf(fd) };
  } finally {
    closeFd(entry);
  }
}

/** One that is there stays. Throws SystemError. */
export function makePlaceholder({ fd, name }: Directory): void {
  if (lookIn({ fd, name }) !== undefined) return;
  closeFd(openat2(fd, name, { flags: constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, mode: 0, resolve: resolveFlags.BENEATH }));
}

/** `O_PATH`. Throws an Error when the container has put something else there meanwhile. */
export function openPlaceholder(directory: Directory): number {
  if (!isPlaceholder(lookIn(directory))) throw new Error('was taken away while it was made');
  return openat2(directory.fd, directory.name, { flags: O_PATH | constants.O_NOFOLLOW, resolve: resolveFlags.BENEATH });
}
