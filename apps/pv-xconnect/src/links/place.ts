/**
 * Places a listening socket inside a container's root, and takes it away again. Nothing outside that root is ever
 * touched, whatever links the container has made; what is not a left-over socket is never replaced, and only the very
 * socket that was placed is ever removed. The container may still rename or delete it at any time: see `intact`.
 */
import { errnoText, errorCode, SystemError } from '@pv/pv-native/errors';
import { closeFd } from '@pv/pv-native/fd';
import { withFsIds } from '@pv/pv-native/fs-ids';
import { openParentInRoot, unlinkAt } from '@pv/pv-native/openat';
import { listenUnix, type SocketType } from '@pv/pv-native/socket';
import { mappedRoot } from '../mounts/mapped-ids.ts';
import { isSame, isServed, isSocket, statAt, statIn, type Directory, type FileId } from './files.ts';
import type { Pin } from './pin.ts';

export interface Placed {
  /** Listening; whoever takes it closes it. */
  readonly fd: number;
  readonly id: FileId;
  /** Whether the container still finds this socket at the target. */
  intact(): boolean;
  /** Unlinks the socket if it is still the one that was placed, and lets go of the directory. */
  remove(): void;
}

export type PlaceResult = { readonly kind: 'placed'; readonly placed: Placed } | { readonly kind: 'refused'; readonly reason: string };

/** Any uid in the container may connect: services drop their privileges before they dial, and the link is the identity. */
const socketMode = 0o666;
/** As many as Linux allows by default: those that wait for a session wait here. */
const backlog = 4096;

/** A socket that an earlier instance placed, if the container still finds it there. It is closed if not. */
export function adoptSocket(rootFd: number, target: string, { fd, dev, ino }: FileId & { readonly fd: number }): Placed | undefined {
  const directory = openDirectoryOf(rootFd, target);
  if (directory !== undefined && isSame(statAt(rootFd, target), { dev, ino })) return placedAt(directory, rootFd, target, fd, { dev, ino });
  closeFd(fd);
  if (directory !== undefined) closeFd(directory.fd);
  return undefined;
}

function openDirectoryOf(rootFd: number, target: string): Directory | undefined {
  try {
    return openParentInRoot(rootFd, target, { create: false });
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}

function placedAt(directory: Directory, rootFd: number, target: string, fd: number, id: FileId): Placed {
  return { fd, id, intact: () => isSame(statAt(rootFd, target), id), remove: () => removeFrom(directory, id) };
}

export function placeSocket(consumer: Pick<Pin, 'pid' | 'rootFd'>, target: string, type: SocketType = 'stream'): PlaceResult {
  try {
    return whereOthersMayNot(consumer.pid, () => placeIn(openParentInRoot(consumer.rootFd, target, { create: true }), consumer.rootFd, target, type));
  } catch (error) {
    if (error instanceof SystemError) return { kind: 'refused', reason: `${target}: ${errnoText(error.errno)}` };
    throw error;
  }
}

/** In a file system of a user namespace's own only its users make files (EOVERFLOW): then as its root, with that one's rights alone. */
function whereOthersMayNot<T>(pid: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (errorCode(error) !== 'EOVERFLOW') throw error;
    return withFsIds(mappedRoot(pid), work);
  }
}

function placeIn(directory: Directory, rootFd: number, target: string, type: SocketType): PlaceResult {
  let placed: Placed | undefined;
  try {
    const obstacle = clearTarget(directory);
    if (obstacle !== undefined) return { kind: 'refused', reason: `${target} ${obstacle}` };
    placed = listenIn(directory, rootFd, target, type);
    return placed === undefined ? { kind: 'refused', reason: `${target} was taken away while it was placed` } : { kind: 'placed', placed };
  } finally {
    if (placed === undefined) closeFd(directory.fd);
  }
}

/** Undefined: the name is free now. */
function clearTarget(directory: Directory): string | undefined {
  const entry = statIn(directory);
  if (entry === undefined) return undefined;
  if (!isSocket(entry.mode)) return 'exists and is not a socket; it is left as it is';
  if (isServed(directory)) return 'is a socket that somebody else listens on';
  unlinkAt(directory.fd, directory.name);
  return undefined;
}

/** undefined: the container was quicker, and the name is not our socket any more. */
function listenIn(directory: Directory, rootFd: number, target: string, type: SocketType): Placed | undefined {
  const fd = listenUnix(`/proc/self/fd/${directory.fd}/${directory.name}`, { mode: socketMode, type, backlog });
  let placed: Placed | undefined;
  try {
    const id = statIn(directory);
    if (id !== undefined && isSocket(id.mode)) placed = placedAt(directory, rootFd, target, fd, id);
    return placed;
  } finally {
    if (placed === undefined) closeFd(fd);
  }
}

function removeFrom({ fd, name }: Directory, id: FileId): void {
  try {
    if (isSame(statIn({ fd, name }), id)) unlinkAt(fd, name);
  } catch (error) {
    // The container has gone, or made its directory read-only: nothing of ours can be reached there any more.
    if (errorCode(error) === undefined) throw error;
  } finally {
    closeFd(fd);
  }
}
