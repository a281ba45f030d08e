/** Descriptors by Node's own calls, so that there is one place to look. Errors are Node's: `code`, `syscall`. */
import { closeSync, fchmodSync, fchownSync, fstatSync } from 'node:fs';

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
  closeSync(fd);
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
