/**
 * Puts a device node into a container, like another one in everything that decides who may open it, and takes it away
 * again. Nothing outside the container's root is touched. What is there and is no DRM node is never replaced; what the
 * container puts there later is never removed.
 */
import { errnoText, errorCode, SystemError } from '@pv/pv-native/errors';
import { majorOf, makeCharDevice } from '@pv/pv-native/device';
import { closeFd, setOwnerAndMode, statFd, type FdStat } from '@pv/pv-native/fd';
import { mountOptionsOf } from '@pv/pv-native/mount-of';
import { openEntry, openParentInRoot, unlinkAt } from '@pv/pv-native/openat';
import { isLeft, type LeftFile } from '../../handover/records.ts';
import type { Pin } from '../../links/pin.ts';
import { isCharDevice, isSame, statAt, statIn, type Directory } from '../../links/files.ts';
import { sameNode, type Device } from './exported.ts';
import { isDrmMajor } from './policy.ts';

export interface Injected {
  readonly left: LeftFile;
  /** Whether the container still finds this node at the target. */
  intact(): boolean;
  /** Unlinks the node if it is still the one that was injected, and lets go of the directory. */
  remove(): void;
}

export type InjectResult = { readonly node: Injected } | { readonly refusal: string };

/** `device`: the provider's. A node at the target that is right already stays the file that it is. */
export function injectNode(consumer: Pin, target: string, device: Device): InjectResult {
  try {
    return injectIn(openParentInRoot(consumer.rootFd, target, { create: true }), consumer, target, device);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return { refusal: `${target}: ${error instanceof SystemError ? errnoText(error.errno) : (error as Error).message}` };
  }
}

function injectIn(directory: Directory, consumer: Pin, target: string, device: Device): InjectResult {
  let made: FdStat | undefined;
  try {
    if (mountOptionsOf(directory.fd, consumer.pid)?.includes('nodev') === true) return { refusal: `${target} is on a file system mounted 'nodev', where no device can be opened; choose a target in /dev` };
    const obstacle = clearTarget(directory, target, device);
    if (obstacle !== undefined) return { refusal: obstacle };
    made = makeNode(directory, device);
    if (made === undefined) return { refusal: `${target} was taken away while it was made` };
    return { node: injected(directory, consumer.rootFd, target, made) };
  } finally {
    if (made === undefined) closeFd(directory.fd);
  }
}

function injected(directory: Directory, rootFd: number, target: string, made: FdStat): Injected {
  const left: LeftFile = { is: 'node', dev: String(made.dev), ino: String(made.ino), rdev: made.rdev };
  return { left, intact: () => isLeft(left, statAt(rootFd, target)), remove: () => removeFrom(directory, left) };
}

/** Undefined: the name is free, or has this very device. */
function clearTarget(directory: Directory, target: string, device: Device): string | undefined {
  const entry = statIn(directory);
  if (entry === undefined) return undefined;
  if (isSame(entry, device)) return `${target} is the very node that the provider exports`;
  if (!isCharDevice(entry.mode)) return `${target} exists and is not a device node; it is left as it is`;
  if (entry.rdev === device.rdev) return undefined;
  if (!isDrmMajor(majorOf(entry.rdev))) return `${target} exists and is another device; it is left as it is`;
  unlinkAt(directory.fd, directory.name);
  return undefined;
}

/** undefined: the container was quicker, and the name is not this device any more. */
function makeNode({ fd, name }: Directory, device: Device): FdStat | undefined {
  if (statIn({ fd, name }) === undefined) makeCharDevice(fd, name, device.rdev);
  const entry = openEntry(fd, name);
  if (entry === undefined) return undefined;
  try {
    const stat = statFd(entry);
    if (!isCharDevice(stat.mode) || stat.rdev !== device.rdev) return undefined;
    if (!sameNode(stat, device)) setOwnerAndMode(entry, { uid: device.uid, gid: device.gid, mode: device.mode & 0o777 });
    return statFd(entry);
  } finally {
    closeFd(entry);
  }
}

/** Takes away a node that an earlier instance injected; nothing, when the consumer finds something else there. */
export function removeNode(consumer: Pin, target: string, left: LeftFile): void {
  removeFrom(openParentInRoot(consumer.rootFd, target, { create: false }), left);
}

/** The number counts too: the inode of a file that has gone may be used again. */
function removeFrom({ fd, name }: Directory, left: LeftFile): void {
  try {
    if (isLeft(left, statIn({ fd, name }))) unlinkAt(fd, name);
  } catch (error) {
    // The container has gone, or made its directory read-only: its device rules and its end are what is left to count on.
    if (errorCode(error) === undefined) throw error;
  } finally {
    closeFd(fd);
  }
}
