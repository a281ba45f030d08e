/**
 * What is at the path onto which something is to be mounted. A mount needs a file below it: an empty one that nobody may
 * open, which is also how one that an earlier run left is recognised.
 */
import { constants } from 'node:fs';
import { closeFd, type FdStat } from '@pv/pv-native/fd';
import { O_PATH, openat2, resolveFlags } from '@pv/pv-native/openat';
import { isServed, isSocket, statIn, type Directory } from '../links/files.ts';

export type Obstacle =
  | { readonly kind: 'free' }
  /** By an earlier run: what is to be mounted is mounted already. */
  | { readonly kind: 'mounted' }
  /** A socket that nobody listens on, left over. */
  | { readonly kind: 'unlink' | 'unmount' }
  | { readonly kind: 'refused'; readonly reason: string };

/** `wanted`: whether an entry is what is to be mounted there. */
export function obstacleIn(directory: Directory, wanted: (entry: FdStat) => boolean): Obstacle {
  const entry = statIn(directory);
  if (entry === undefined || isPlaceholder(entry)) return { kind: 'free' };
  if (wanted(entry)) return entry.isMountRoot ? { kind: 'mounted' } : { kind: 'refused', reason: 'is that very file already, and not by a mount of this link' };
  if (!isSocket(entry.mode)) return { kind: 'refused', reason: 'exists and is not a socket; it is left as it is' };
  if (isServed(directory)) return { kind: 'refused', reason: 'is a socket that somebody else listens on' };
  return { kind: entry.isMountRoot ? 'unmount' : 'unlink' };
}

export function isPlaceholder(entry: FdStat | undefined): boolean {
  return entry !== undefined && entry.mode === constants.S_IFREG && entry.size === 0 && !entry.isMountRoot;
}

/** One that is there stays. Throws SystemError. */
export function makePlaceholder(directory: Directory): void {
  if (statIn(directory) !== undefined) return;
  closeFd(openat2(directory.fd, directory.name, { flags: constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, mode: 0, resolve: resolveFlags.BENEATH }));
}

/** `O_PATH`. Throws an Error when the container has put something else there meanwhile. */
export function openPlaceholder(directory: Directory): number {
  if (!isPlaceholder(statIn(directory))) throw new Error('was taken away while it was made');
  return openat2(directory.fd, directory.name, { flags: O_PATH | constants.O_NOFOLLOW, resolve: resolveFlags.BENEATH });
}
