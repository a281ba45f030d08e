/**
 * Mounts one file (a socket of the provider's, a device node) onto a path in the consumer, and takes that away again.
 * The mount is read-only, so the consumer cannot change the file's owner or mode; opening and connecting go by the
 * file's own permissions. Whatever links the containers have made, no file of the host is reached: the source is a
 * descriptor or made for this, the target is resolved inside the consumer's root.
 */
import { closeSync, openSync } from 'node:fs';
import { constants as os } from 'node:os';
import { errnoText, errorCode, SystemError } from '@pv/pv-native/errors';
import { closeFd, type FdStat } from '@pv/pv-native/fd';
import { withFsIds } from '@pv/pv-native/fs-ids';
import type { MountStep } from '@pv/pv-native/mount-thread';
import { mountAttributes } from '@pv/pv-native/mount-tree';
import { openParentInRoot, unlinkAt } from '@pv/pv-native/openat';
import { isLeft, type LeftFile } from '../handover/records.ts';
import { isSame, statAt, statIn, type Directory, type FileId } from '../links/files.ts';
import type { Pin } from '../links/pin.ts';
import { mappedRoot } from './mapped-ids.ts';
import { isPlaceholder, makePlaceholder, obstacleIn, openPlaceholder } from './target.ts';

/** Takes the steps on a thread of their own; see takeMountSteps. */
export type TakeMountSteps = (steps: readonly MountStep[]) => void;

export interface Mounted {
  readonly id: FileId;
  /** Whether the consumer still finds this file at the target. */
  intact(): boolean;
  /** Unmounts it if it is still there, and takes the file below it away if that is ours. */
  remove(): void;
}

export type MountResult = { readonly mounted: Mounted } | { readonly refusal: string };

type To = Pick<Extract<MountStep, { target: number }>, 'target' | 'targetNamespace' | 'attributes'>;

export interface MountSource {
  /** Whether an entry is what is to be mounted. */
  matches(entry: FdStat): boolean;
  /** Gives `take` the step that mounts it. */
  step(to: To, take: (step: MountStep) => void): void;
}

/** A file of the provider's: `fd` is an `O_PATH` descriptor that stays its caller's to close. */
export function fileSource(fd: number, id: FileId, provider: Pin): MountSource {
  return {
    matches: (entry) => isSame(entry, id),
    step: (to, take) => withNamespace(provider, (sourceNamespace) => take({ kind: 'mount', source: fd, sourceNamespace, ...to })),
  };
}

export function mountFile(takeSteps: TakeMountSteps, source: MountSource, consumer: Pin, target: string): MountResult {
  try {
    return mountIn(takeSteps, source, consumer, target, withFsIds(mappedRoot(consumer.pid), () => openParentInRoot(consumer.rootFd, target, { create: true })));
  } catch (error) {
    return { refusal: `${target}: ${error instanceof SystemError ? `${errnoText(error.errno)} (${error.syscall})` : (error as Error).message}` };
  }
}

/** The directory is held as long as the mount is ours. */
function mountIn(takeSteps: TakeMountSteps, source: MountSource, consumer: Pin, target: string, directory: Directory): MountResult {
  let result: MountResult | undefined;
  try {
    result = mountOnto(takeSteps, source, consumer, target, directory);
    return result;
  } finally {
    if (result === undefined || 'refusal' in result) closeFd(directory.fd);
  }
}

function mountOnto(takeSteps: TakeMountSteps, source: MountSource, consumer: Pin, target: string, directory: Directory): MountResult {
  const obstacle = obstacleIn(directory, (entry) => source.matches(entry));
  switch (obstacle.kind) {
    case 'refused':
      return { refusal: `${target} ${obstacle.reason}` };
    case 'unlink':
      unlinkAt(directory.fd, directory.name);
      break;
    case 'unmount':
      unmountIn(takeSteps, consumer, directory);
      break;
    case 'mounted':
    case 'free':
      break;
  }
  if (obstacle.kind !== 'mounted') mountNew(takeSteps, source, consumer, directory);
  const entry = statIn(directory);
  if (entry === undefined || !source.matches(entry)) return { refusal: `${target} was taken away while it was made` };
  return { mounted: { id: entry, intact: () => isSame(statAt(consumer.rootFd, target), entry), remove: () => removeFrom(takeSteps, consumer, directory, (found) => isSame(found, entry)) } };
}

function mountNew(takeSteps: TakeMountSteps, source: MountSource, consumer: Pin, directory: Directory): void {
  withFsIds(mappedRoot(consumer.pid), () => makePlaceholder(directory));
  const attributes = mountAttributes.RDONLY | mountAttributes.NOSUID | mountAttributes.NOEXEC;
  const placeholder = openPlaceholder(directory);
  try {
    withNamespace(consumer, (targetNamespace) => source.step({ target: placeholder, targetNamespace, attributes }, (step) => takeSteps([step])));
  } catch (error) {
    if (isPlaceholder(statIn(directory))) unlinkAt(directory.fd, directory.name);
    throw error;
  } finally {
    closeFd(placeholder);
  }
}

function unmountIn(takeSteps: TakeMountSteps, consumer: Pin, { fd, name }: Directory): void {
  withNamespace(consumer, (namespace) => takeSteps([{ kind: 'unmount', directory: fd, name, namespace }]));
}

/** Takes away what an earlier instance mounted there; nothing, when the consumer finds something else there. */
export function removeMount(takeSteps: TakeMountSteps, consumer: Pin, target: string, left: LeftFile): void {
  removeFrom(takeSteps, consumer, openParentInRoot(consumer.rootFd, target, { create: false }), (found) => isLeft(left, found));
}

function removeFrom(takeSteps: TakeMountSteps, consumer: Pin, directory: Directory, isOurs: (found: FdStat) => boolean): void {
  try {
    // With the container its namespace has gone, and all mounts in it.
    if (!consumer.alive()) return;
    const entry = statIn(directory);
    if (entry?.isMountRoot === true && isOurs(entry)) unmountIn(takeSteps, consumer, directory);
    if (isPlaceholder(statIn(directory))) unlinkAt(directory.fd, directory.name);
  } catch (error) {
    // It ended meanwhile, or made the directory read-only: that costs an empty file there.
    if (errorCode(error) === undefined) throw error;
  } finally {
    closeFd(directory.fd);
  }
}

/** The pinned process's mount namespace: it lived after that was opened by its pid. */
function withNamespace(pin: Pin, work: (fd: number) => void): void {
  const fd = openSync(`/proc/${pin.pid}/ns/mnt`, 'r');
  try {
    if (!pin.alive()) throw new SystemError(os.errno.ESRCH, 'setns', String(pin.pid));
    work(fd);
  } finally {
    closeSync(fd);
  }
}
