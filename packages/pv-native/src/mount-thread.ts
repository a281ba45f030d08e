/** The thread that mounts inside other mount namespaces. It does what it was asked for, tells how it went, and ends. */
import { chmodSync, chownSync, openSync } from 'node:fs';
import { makeCharDevice } from './device.ts';
import { closeFd } from './fd.ts';
import { SystemError } from './errors.ts';
import { mount, mountFlags, unmount, unmountFlags } from './mount.ts';
import { cloneMount, placeMount, restrictMount } from './mount-tree.ts';
import { changeDirectory, enterMountNamespace, unshareFilesystemState, unshareMountNamespace } from './namespaces.ts';
import { O_PATH } from './openat.ts';

/** All are descriptors, of this process; namespaces those of /proc/<pid>/ns/mnt. */
export type MountStep =
  | {
      readonly kind: 'mount';
      /** `O_PATH`, in a mount of `sourceNamespace`. */
      readonly source: number;
      readonly sourceNamespace: number;
      /** `O_PATH`, in a mount of `targetNamespace`. */
      readonly target: number;
      readonly targetNamespace: number;
      /** Of `mountAttributes`. */
      readonly attributes: number;
    }
  | {
      /** A new device node, for a namespace in which none can be made. */
      readonly kind: 'device';
      readonly device: number;
      readonly uid: number;
      readonly gid: number;
      /** Permission bits. */
      readonly mode: number;
      readonly target: number;
      readonly targetNamespace: number;
      readonly attributes: number;
    }
  | { readonly kind: 'unmount'; readonly directory: number; readonly name: string; readonly namespace: number };

/** What the worker finds in `workerData`. `outcome`: see `slots`. */
export interface MountWorkerData {
  readonly steps: readonly MountStep[];
  readonly outcome: Int32Array;
  /** Of the system call that failed, in ASCII, NUL-padded. */
  readonly syscall: Uint8Array;
}

/** `state`: one of `states`. `errno`: 0 when all steps were taken, -1 for a failure that is no system call's. */
export const slots = { state: 0, errno: 1 } as const;
/** `givenUp`: by who asked for it. A thread that comes too late does nothing, since the descriptors may be others by then. */
export const states = { new: 0, begun: 1, done: 2, givenUp: 3 } as const;

export function runMountThread({ steps, outcome, syscall }: MountWorkerData): void {
  if (Atomics.compareExchange(outcome, slots.state, states.new, states.begun) !== states.new) return;
  try {
    unshareFilesystemState();
    for (const step of steps) take(step);
  } catch (error) {
    outcome[slots.errno] = error instanceof SystemError ? error.errno : -1;
    syscall.set(Buffer.from(error instanceof SystemError ? error.syscall : String(error)).subarray(0, syscall.length));
  }
  Atomics.store(outcome, slots.state, states.done);
  Atomics.notify(outcome, slots.state);
}

function take(step: MountStep): void {
  switch (step.kind) {
    case 'unmount':
      enterMountNamespace(step.namespace);
      changeDirectory(step.directory);
      return unmount(step.name, unmountFlags.DETACH | unmountFlags.NOFOLLOW);
    case 'mount':
      enterMountNamespace(step.sourceNamespace);
      return place(step.source, step);
    case 'device':
      return withDevice(step, (fd) => place(fd, step));
  }
}

function place(source: number, { target, targetNamespace, attributes }: Extract<MountStep, { target: number }>): void {
  const tree = cloneMount(source);
  try {
    restrictMount(tree, attributes);
    enterMountNamespace(targetNamespace);
    placeMount(tree, target);
  } finally {
    closeFd(tree);
  }
}

/** In a file system of its own, which only this thread's mount namespace shows, and which the mount then keeps alive. */
function withDevice({ device, uid, gid, mode }: Extract<MountStep, { kind: 'device' }>, work: (fd: number) => void): void {
  unshareMountNamespace();
  mount(null, '/', null, mountFlags.REC | mountFlags.PRIVATE);
  // Any directory would do that is always there; nothing here looks into /proc from now on.
  mount('none', '/proc', 'tmpfs', mountFlags.NOSUID | mountFlags.NOEXEC, 'size=4k,nr_inodes=4,mode=0700');
  const directory = openSync('/proc', 'r');
  try {
    makeCharDevice(directory, 'device', device);
    chownSync('/proc/device', uid, gid);
    chmodSync('/proc/device', mode);
    const fd = openSync('/proc/device', O_PATH);
    try {
      work(fd);
    } finally {
      closeFd(fd);
    }
  } finally {
    closeFd(directory);
  }
}
