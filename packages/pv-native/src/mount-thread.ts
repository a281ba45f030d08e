/** The thread that mounts inside other mount namespaces. It does what it was asked for, tells how it went, and ends. */
import { closeFd } from './fd.ts';
import { SystemError } from './errors.ts';
import { unmount, unmountFlags } from './mount.ts';
import { cloneMount, placeMount, restrictMount } from './mount-tree.ts';
import { changeDirectory, enterMountNamespace, unshareFilesystemState } from './namespaces.ts';

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
  | { readonly kind: 'unmount'; readonly directory: number; readonly name: string; readonly namespace: number };

/** What the worker finds in `workerData`. `outcome`: see `slots`. */
export interface MountWorkerData {
  readonly steps: readonly MountStep[];
  readonly outcome: Int32Array;
  /** Of the system call that failed, in ASCII, NUL-padded. */
  readonly syscall: Uint8Array;
}

/** `state`: 0 until the thread is done. `errno`: 0 when all steps were taken, -1 for a failure that is no system call's. */
export const slots = { state: 0, errno: 1 } as const;

export function runMountThread({ steps, outcome, syscall }: MountWorkerData): void {
  try {
    unshareFilesystemState();
    for (const step of steps) take(step);
  } catch (error) {
    outcome[slots.errno] = error instanceof SystemError ? error.errno : -1;
    syscall.set(Buffer.from(error instanceof SystemError ? error.syscall : String(error)).subarray(0, syscall.length));
  }
  Atomics.store(outcome, slots.state, 1);
  Atomics.notify(outcome, slots.state);
}

function take(step: MountStep): void {
  if (step.kind === 'unmount') {
    enterMountNamespace(step.namespace);
    changeDirectory(step.directory);
    return unmount(step.name, unmountFlags.DETACH | unmountFlags.NOFOLLOW);
  }
  enterMountNamespace(step.sourceNamespace);
  const tree = cloneMount(step.source);
  try {
    restrictMount(tree, step.attributes);
    enterMountNamespace(step.targetNamespace);
    placeMount(tree, step.target);
  } finally {
    closeFd(tree);
  }
}
