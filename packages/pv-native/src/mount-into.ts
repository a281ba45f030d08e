/**
 * Mounts a file of one process's mount namespace onto a file of another's, by descriptors alone. The work is done on a
 * thread made for it (setns wants one); the caller is blocked meanwhile, tens of milliseconds.
 */
import { Worker } from 'node:worker_threads';
import { SystemError } from './errors.ts';
import { slots, states, type MountStep, type MountWorkerData } from './mount-thread.ts';

/** A thread takes tens of milliseconds to start, more under load. */
const patienceMs = 10_000;
const syscallBytes = 256;

/**
 * `worker`: a module that calls `runMountThread` with its `workerData`. In order, up to the first that fails.
 * Throws SystemError, or an Error when the thread did not do its work at all.
 */
export function takeMountSteps(worker: URL, steps: readonly MountStep[]): void {
  const outcome = new Int32Array(new SharedArrayBuffer(8));
  const syscall = new Uint8Array(new SharedArrayBuffer(syscallBytes));
  // Descriptors are opened by system calls there, which Node does not know of.
  const thread = new Worker(worker, { workerData: { steps, outcome, syscall } satisfies MountWorkerData, trackUnmanagedFds: false });
  thread.unref();
  // It ends by itself; what it could still complain of, it has told.
  thread.on('error', () => undefined);
  // First until it has begun or is done, then until it is done; one that has not begun by then never does.
  for (const state of [states.new, states.begun]) Atomics.wait(outcome, slots.state, state, patienceMs);
  const reached = Atomics.compareExchange(outcome, slots.state, states.new, states.givenUp);
  if (reached !== states.done) throw new Error(`the thread ${worker.pathname} did not mount within ${patienceMs / 1000} s`);
  const errno = outcome[slots.errno] ?? 0;
  const name = Buffer.from(syscall).toString('latin1').replace(/\0+$/, '');
  if (errno > 0) throw new SystemError(errno, name);
  if (errno < 0) throw new Error(name);
}
