/**
 * Pins a running container: whatever happens to its pid afterwards, a pin goes on meaning the process that was checked,
 * and its root directory. Guaranteed when `pinContainer` returns a pin: the process lived after its root was opened,
 * its cgroup is the container's, and its root is not the host's. Not guaranteed: that it still lives; ask `alive`.
 * Holding a pin keeps the container's root filesystem from being freed, so close it as soon as the container has ended.
 */
import { constants, openSync, readFileSync, statSync } from 'node:fs';
import { errorCode } from '@pv/pv-native/errors';
import { closeFd, statFd } from '@pv/pv-native/fd';
import { O_PATH } from '@pv/pv-native/openat';
import { openPidfd, type Pidfd } from '@pv/pv-native/pidfd';
import { readProcess } from '@pv/pv-native/process';
import { belongsTo } from './cgroup.ts';

export interface Pin {
  readonly pid: number;
  /** Clock ticks after boot; with the pid it is the container's generation. */
  readonly startTime: number;
  /** `O_PATH`, the container's root as its init sees it. */
  readonly rootFd: number;
  /** Readable once the process has ended. */
  readonly pidFd: number;
  alive(): boolean;
  close(): void;
}

export type PinResult =
  | { readonly kind: 'pinned'; readonly pin: Pin }
  | { readonly kind: 'gone' }
  | { readonly kind: 'refused'; readonly reason: string };

export type PinContainer = (pid: number, container: string) => PinResult;

export const pinContainer: PinContainer = (pid, container) => {
  let pidfd: Pidfd | undefined;
  try {
    pidfd = openPidfd(pid);
    if (pidfd === undefined) return { kind: 'gone' };
    const result = pinProcess(pidfd, pid, container);
    if (result.kind !== 'pinned') pidfd.close();
    return result;
  } catch (error) {
    pidfd?.close();
    return readFailure(error, pid);
  }
};

function pinProcess(pidfd: Pidfd, pid: number, container: string): PinResult {
  const before = readProcess(pid);
  if (before === undefined) return { kind: 'gone' };
  if (!belongsTo(container, readCgroup(pid), readCgroup('self'))) return { kind: 'refused', reason: `process ${pid} is not in the cgroup of container ${container}` };
  const rootFd = openSync(`/proc/${pid}/root`, O_PATH | constants.O_DIRECTORY);
  const refusal = checkRoot(rootFd, pid, container);
  // The pidfd is of this very process; had it ended, the pid and all that was read by it could be another's.
  const gone = !pidfd.alive() || readProcess(pid)?.startTime !== before.startTime;
  if (gone || refusal !== undefined) closeFd(rootFd);
  if (gone) return { kind: 'gone' };
  if (refusal !== undefined) return { kind: 'refused', reason: refusal };
  return { kind: 'pinned', pin: { pid, startTime: before.startTime, rootFd, pidFd: pidfd.fd, alive: () => pidfd.alive(), close: () => closeAll(pidfd, rootFd) } };
}

function readCgroup(pid: number | 'self'): string {
  return readFileSync(`/proc/${pid}/cgroup`, 'latin1');
}

/** An engine's child becomes the container's init before it has changed its root: too early for us. */
function checkRoot(rootFd: number, pid: number, container: string): string | undefined {
  const root = statFd(rootFd);
  const host = statSync('/', { bigint: true });
  return root.dev === host.dev && root.ino === host.ino ? `init of container ${container} (pid ${pid}) is still in the host's root` : undefined;
}

function closeAll(pidfd: Pidfd, rootFd: number): void {
  pidfd.close();
  closeFd(rootFd);
}

/** What /proc says of a process that ends meanwhile; other system errors (EACCES, EMFILE) cost this link, not the mesh. */
function readFailure(error: unknown, pid: number): PinResult {
  const code = errorCode(error);
  if (code === undefined) throw error;
  return code === 'ENOENT' || code === 'ESRCH' ? { kind: 'gone' } : { kind: 'refused', reason: `process ${pid} cannot be pinned: ${(error as Error).message}` };
}

/** The host itself as a provider, of what pv-core runs for containers. Its paths come from pv-core alone. Alive as long as we are. */
export function pinHost(): PinResult {
  const rootFd = openSync('/', O_PATH | constants.O_DIRECTORY);
  const pidfd = openPidfd(process.pid);
  if (pidfd !== undefined) return { kind: 'pinned', pin: { pid: 0, startTime: 0, rootFd, pidFd: pidfd.fd, alive: () => true, close: () => closeAll(pidfd, rootFd) } };
  closeFd(rootFd);
  return { kind: 'gone' };
}
