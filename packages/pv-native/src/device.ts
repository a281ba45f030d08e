/** Device nodes: their numbers, and making one inside a directory that a descriptor holds. */
import { constants } from 'node:fs';
import { check, entryName, libc } from './libc.ts';

const mknodatCall: (dirFd: number, name: string, mode: number, device: number) => number = libc.func('mknodat', 'int', ['int', 'str', 'unsigned int', 'uint64_t']);

/**
 * A character device without any permission: nobody opens it before its maker has set owner and mode.
 * Throws SystemError: EEXIST, EROFS, EPERM (no right to make devices, or a directory of another user namespace).
 */
export function makeCharDevice(dirFd: number, name: string, device: number): void {
  check(mknodatCall(dirFd, entryName(name, 'mknodat'), constants.S_IFCHR, device), 'mknodat', name);
}

/** A block device for its owner. Throws SystemError as above. */
export function makeBlockDevice(dirFd: number, name: string, device: number): void {
  check(mknodatCall(dirFd, entryName(name, 'mknodat'), constants.S_IFBLK | 0o600, device), 'mknodat', name);
}

/** As in <sys/sysmacros.h> of glibc and musl. Major numbers have 12 bits in Linux, so a number holds all of it. */
export function majorOf(device: number): number {
  return (device >>> 8) & 0xfff;
}

export function minorOf(device: number): number {
  return (device & 0xff) | ((device >>> 12) & 0xfff00);
}

export function deviceNumber(major: number, minor: number): number {
  return (((minor & 0xfff00) << 12) | ((major & 0xfff) << 8) | (minor & 0xff)) >>> 0;
}
