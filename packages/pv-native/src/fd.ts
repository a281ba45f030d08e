/** Descriptors, mostly by Node's own calls, so that there is one place to look. Errors are Node's: `code`, `syscall`. */
import { chmodSync, chownSync, fchmodSync, fchownSync, fstatSync } from 'node:fs';
import { check, libc } from './libc.ts';

const closeCall: (fd: number) => number = libc.func('close', 'int', ['int']);
const F_DUPFD_CLOEXEC = 1030;
const fcntl: (fd: number, command: number, argument: number) => number = libc.func('fcntl', 'int', ['int', 'int', 'int']);

export interface FdStat {
  /** bigint: overlayfs sets high bits of inode numbers, and a rounded one would match another file. */
  readonly dev: bigint;
  readonly ino: bigint;
  /** Type and permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
}

export function closeFd(fd: number): void {
  check(closeCall(fd), 'close', fd);
}

/** Close-on-exec, 3 or higher. Throws SystemError: EMFILE. */
export function duplicateFd(fd: number): number {
  return check(fcntl(fd, F_DUPFD_CLOEXEC, 3), 'fcntl', String(fd));
}

/** Works on `O_PATH` descriptors too. */
export function statFd(fd: number): FdStat {
  const { dev, ino, mode, uid, gid, rdev } = fstatSync(fd, { bigint: true });
  return { dev, ino, mode: Number(mode), uid: Number(uid), gid: Number(gid), rdev: Number(rdev) };
}

/** Not for `O_PATH` descriptors (EBADF). */
export function fchmod(fd: number, mode: number): void {
  fchmodSync(fd, mode);
}

/** Not for `O_PATH` descriptors (EBADF). */
export function fchown(fd: number, uid: number, gid: number): void {
  fchownSync(fd, uid, gid);
}

/** First the owner, then the permissions; for `O_PATH` descriptors too. Not for a symlink's own. Needs /proc. */
export function setOwnerAndMode(fd: number, { uid, gid, mode }: Pick<FdStat, 'uid' | 'gid' | 'mode'>): void {
  chownSync(`/proc/self/fd/${fd}`, uid, gid);
  chmodSync(`/proc/self/fd/${fd}`, mode);
}
