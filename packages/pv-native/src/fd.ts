/** Descriptors, so that there is one place to look. Errors have `code` and `syscall`, Node's own or SystemError. */
import { chmodSync, chownSync, fchmodSync, fchownSync } from 'node:fs';
import { arch } from 'node:process';
import { deviceNumber } from './device.ts';
import { check, libc } from './libc.ts';
import { Scratch } from './scratch.ts';

const closeCall: (fd: number) => number = libc.func('close', 'int', ['int']);
const F_DUPFD_CLOEXEC = 1030;
const fcntl: (fd: number, command: number, argument: number) => number = libc.func('fcntl', 'int', ['int', 'int', 'int']);

const statxNumbers: Readonly<Record<string, number>> = { x64: 332, arm: 397, arm64: 291, riscv64: 291, loong64: 291 };
const statxCall: (call: number, fd: number, path: number, flags: number, mask: number, result: number) => number = libc.func('syscall', 'long', ['long', 'int', 'uintptr_t', 'int', 'unsigned int', 'uintptr_t']);
const AT_EMPTY_PATH = 0x1000;
const AT_STATX_DONT_SYNC = 0x4000;
const STATX_BASIC_STATS = 0x7ff;
const STATX_ATTR_MOUNT_ROOT = 0x2000;
/** struct statx, the same everywhere, and an empty path behind it. */
const at = { attributes: 8, uid: 20, gid: 24, mode: 28, ino: 32, size: 40, rdevMajor: 128, rdevMinor: 132, devMajor: 136, devMinor: 140, nothing: 256 };
const scratch = new Scratch(at.nothing + 1);

export interface FdStat {
  /** bigint: overlayfs sets high bits of inode numbers, and a rounded one would match another file. */
  readonly dev: bigint;
  readonly ino: bigint;
  /** Type and permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  /** Bytes. */
  readonly size: number;
  /** It is what somebody has mounted, on another file or directory. Linux 5.8; before, false. */
  readonly isMountRoot: boolean;
}

export function closeFd(fd: number): void {
  check(closeCall(fd), 'close', fd);
}

/** Close-on-exec, 3 or higher. Throws SystemError: EMFILE. */
export function duplicateFd(fd: number): number {
  return check(fcntl(fd, F_DUPFD_CLOEXEC, 3), 'fcntl', String(fd));
}

/** Works on `O_PATH` descriptors too. What the kernel knows: no file system is asked that may never answer (FUSE, network). */
export function statFd(fd: number): FdStat {
  const call = statxNumbers[arch];
  if (call === undefined) throw new Error(`the number of statx is not known for ${arch}`);
  check(statxCall(call, fd, scratch.address(at.nothing), AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, scratch.address(0)), 'statx', fd);
  const { view } = scratch;
  const word = (offset: number): number => view.getUint32(offset, true);
  return {
    dev: BigInt(deviceNumber(word(at.devMajor), word(at.devMinor))), ino: view.getBigUint64(at.ino, true), mode: view.getUint16(at.mode, true), uid: word(at.uid), gid: word(at.gid),
    rdev: deviceNumber(word(at.rdevMajor), word(at.rdevMinor)), size: Number(view.getBigUint64(at.size, true)), isMountRoot: (word(at.attributes) & STATX_ATTR_MOUNT_ROOT) !== 0,
  };
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
