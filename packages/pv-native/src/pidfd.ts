/**
 * A process pinned by a descriptor: once opened it never means another process, however pids are reused. That the
 * pid meant the right process *when it was opened* is for the caller to check afterwards (start time, cgroup).
 * Linux 5.3. The call numbers are the same on every architecture.
 */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import koffi from 'koffi';
import { closeFd } from './fd.ts';
import { SystemError } from './errors.ts';
import { check, libc } from './libc.ts';

export interface Pidfd {
  readonly fd: number;
  /** Sends a signal; false: the process is gone. */
  signal(number: number): boolean;
  /** False from the moment the process ended, also while it is a zombie. */
  alive(): boolean;
  close(): void;
}

const SYS_pidfd_send_signal = 424;
const SYS_pidfd_open = 434;
const SYS_pidfd_getfd = 438;
const POLLIN = 1;

const pidfdOpen: (call: number, pid: number, flags: number) => number = libc.func('syscall', 'long', ['long', 'int', 'unsigned int']);
const pidfdSendSignal: (call: number, fd: number, signal: number, info: null, flags: number) => number = libc.func(
  'syscall', 'long', ['long', 'int', 'int', 'void *', 'unsigned int'],
);
const pidfdGetfd: (call: number, pidFd: number, theirs: number, flags: number) => number = libc.func('syscall', 'long', ['long', 'int', 'int', 'unsigned int']);
const poll: (fds: Buffer, count: number, timeoutMs: number) => number = libc.func('poll', 'int', ['void *', 'unsigned long', 'int']);

/** A copy of another process's descriptor. Linux 5.6; needs the rights to trace that process. Throws SystemError: EBADF, EPERM, ESRCH. */
export function takeFd(pidFd: number, theirs: number): number {
  return check(pidfdGetfd(SYS_pidfd_getfd, pidFd, theirs, 0), 'pidfd_getfd', String(theirs));
}

/** The pid of the process, as this pid namespace counts; undefined: it has ended, or has none here. */
export function pidOf(pidFd: number): number | undefined {
  const pid = Number(/^Pid:\s*(-?\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${pidFd}`, 'latin1'))?.[1]);
  return pid > 0 ? pid : undefined;
}

/** Close-on-exec. undefined: no such process. */
export function openPidfd(pid: number): Pidfd | undefined {
  const fd = pidfdOpen(SYS_pidfd_open, pid, 0);
  if (fd < 0 && koffi.errno() === constants.errno.ESRCH) return undefined;
  check(fd, 'pidfd_open', String(pid));
  return { fd, signal: (number) => sendSignal(fd, number), alive: () => !hasEnded(fd), close: () => closeFd(fd) };
}

function sendSignal(fd: number, number: number): boolean {
  if (pidfdSendSignal(SYS_pidfd_send_signal, fd, number, null, 0) >= 0) return true;
  const errno = koffi.errno();
  if (errno === constants.errno.ESRCH) return false;
  throw new SystemError(errno, 'pidfd_send_signal');
}

/** A pidfd becomes readable when its process ends. struct pollfd: int fd, short events, short revents. */
function hasEnded(fd: number): boolean {
  const entry = Buffer.alloc(8);
  new Int32Array(entry.buffer, entry.byteOffset, 1)[0] = fd;
  new Int16Array(entry.buffer, entry.byteOffset + 4, 1)[0] = POLLIN;
  return check(poll(entry, 1, 0), 'poll') > 0;
}
