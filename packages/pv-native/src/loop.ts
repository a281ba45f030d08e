/**
 * An image file mounted read-only through a loop device that frees itself when the mount ends (autoclear). Two
 * processes may do this at once. It does not judge what the image holds: verify it before.
 * struct loop_config (Linux 5.8) and struct loop_info64 have fixed-width members only, so one layout fits every
 * little-endian architecture; the byte order is the machine's.
 */
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { constants as os, endianness } from 'node:os';
import koffi from 'koffi';
import { deviceNumber, makeBlockDevice } from './device.ts';
import { errorCode, SystemError } from './errors.ts';
import { check, libc } from './libc.ts';
import { mount, mountFlags } from './mount.ts';

const LOOP_MAJOR = 7;
const LOOP_SET_FD = 0x4c00;
const LOOP_CLR_FD = 0x4c01;
const LOOP_SET_STATUS64 = 0x4c04;
const LOOP_CONFIGURE = 0x4c0a;
const LOOP_CTL_GET_FREE = 0x4c82;

const LO_FLAGS_READ_ONLY = 1;
const LO_FLAGS_AUTOCLEAR = 4;

/** loop_config: u32 fd, u32 block size, loop_info64, u64 reserved[8]. */
const configSize = 304;
const infoOffset = 8;
const infoSize = 232;
/** In loop_info64: five u64 and three u32 come before it. */
const flagsOffset = 52;

/** Others may take the free device between asking and configuring; more defeats than this are no accident. */
const maxTries = 64;

type Ioctl = (fd: number, request: number, type: string, argument: unknown) => number;
const ioctl: Ioctl = libc.func('int ioctl(int fd, unsigned long request, ...)');

/** Throws SystemError, or Node's error for a path that cannot be opened. Leaves no loop device behind on failure. */
export function mountImage(image: string, target: string, fsType: string): void {
  const imageFd = openSync(image, constants.O_RDONLY);
  try {
    const loop = attach(imageFd);
    try {
      mount(loop.path, target, fsType, mountFlags.RDONLY | mountFlags.NODEV);
    } finally {
      // The mount holds the device now; without one, this last close frees it.
      closeSync(loop.fd);
    }
  } finally {
    closeSync(imageFd);
  }
}

function attach(imageFd: number): { fd: number; path: string } {
  const control = openSync('/dev/loop-control', constants.O_RDWR);
  try {
    for (let tries = 0; tries < maxTries; tries++) {
      const minor = check(ioctl(control, LOOP_CTL_GET_FREE, 'int', 0), 'ioctl LOOP_CTL_GET_FREE');
      const path = `/dev/loop${minor}`;
      if (!existsSync(path)) makeLoopNode(minor);
      const fd = openSync(path, constants.O_RDONLY);
      if (configured(fd, imageFd)) return { fd, path };
      closeSync(fd);
    }
  } finally {
    closeSync(control);
  }
  throw new SystemError(os.errno.EBUSY, 'ioctl LOOP_CONFIGURE');
}

/** The kernel makes nodes in devtmpfs. In a container of Docker, /dev has those that were there when it was started. */
function makeLoopNode(minor: number): void {
  const dev = openSync('/dev', constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    makeBlockDevice(dev, `loop${minor}`, deviceNumber(LOOP_MAJOR, minor));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    closeSync(dev);
  }
}

/** False: somebody else has taken the device. Closes `fd` when it throws. */
function configured(fd: number, imageFd: number): boolean {
  try {
    configure(fd, imageFd);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EBUSY') return false;
    closeSync(fd);
    throw error;
  }
}

function configure(fd: number, imageFd: number): void {
  if (ioctl(fd, LOOP_CONFIGURE, 'void *', loopConfig(imageFd)) >= 0) return;
  const errno = koffi.errno();
  if (errno !== os.errno.EINVAL && errno !== os.errno.ENOTTY) throw new SystemError(errno, 'ioctl LOOP_CONFIGURE');
  configureBefore58(fd, imageFd);
}

/** In two steps: a crash between them leaves a device without autoclear, which is why it is only the fallback. */
function configureBefore58(fd: number, imageFd: number): void {
  check(ioctl(fd, LOOP_SET_FD, 'int', imageFd), 'ioctl LOOP_SET_FD');
  try {
    check(ioctl(fd, LOOP_SET_STATUS64, 'void *', loopConfig(imageFd).subarray(infoOffset, infoOffset + infoSize)), 'ioctl LOOP_SET_STATUS64');
  } catch (error) {
    ioctl(fd, LOOP_CLR_FD, 'int', 0);
    throw error;
  }
}

function loopConfig(imageFd: number): Buffer {
  const config = Buffer.alloc(configSize);
  const write = endianness() === 'LE' ? config.writeUInt32LE.bind(config) : config.writeUInt32BE.bind(config);
  write(imageFd, 0);
  write(LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR, infoOffset + flagsOffset);
  return config;
}
