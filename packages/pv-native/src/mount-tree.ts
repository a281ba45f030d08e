/**
 * Mounts that are made and placed by descriptors (Linux 5.12), so that no path is resolved on the way. Both calls want
 * the mount they are about to be in the calling thread's own mount namespace.
 */
import koffi from 'koffi';
import { check, libc } from './libc.ts';

const SYS_open_tree = 428;
const SYS_move_mount = 429;
const SYS_mount_setattr = 442;
const OPEN_TREE_CLONE = 0x1;
const OPEN_TREE_CLOEXEC = 0o2000000;
const AT_EMPTY_PATH = 0x1000;
const MOVE_MOUNT_F_EMPTY_PATH = 0x4;
const MOVE_MOUNT_T_EMPTY_PATH = 0x40;
const MS_PRIVATE = 0x40000;

export const mountAttributes = { RDONLY: 0x1, NOSUID: 0x2, NODEV: 0x4, NOEXEC: 0x8 } as const;

const mountAttr = koffi.struct({ attr_set: 'uint64_t', attr_clr: 'uint64_t', propagation: 'uint64_t', userns_fd: 'uint64_t' });
const openTreeCall: (call: number, fd: number, path: string, flags: number) => number = libc.func('syscall', 'long', ['long', 'int', 'str', 'unsigned int']);
const setAttrCall: (call: number, fd: number, path: string, flags: number, attr: object, size: number) => number = libc.func(
  'syscall', 'long', ['long', 'int', 'str', 'unsigned int', koffi.pointer(mountAttr), 'size_t'],
);
const moveMountCall: (call: number, from: number, fromPath: string, to: number, toPath: string, flags: number) => number = libc.func(
  'syscall', 'long', ['long', 'int', 'str', 'int', 'str', 'unsigned int'],
);

/** A mount of the file or directory that `fd` is (`O_PATH` suffices), not placed anywhere yet; it goes when closed unplaced. */
export function cloneMount(fd: number): number {
  return check(openTreeCall(SYS_open_tree, fd, '', AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), 'open_tree');
}

/** Sets `attributes`, of `mountAttributes`, and makes it private: no mount made below it elsewhere shows here. */
export function restrictMount(treeFd: number, attributes: number): void {
  const attr = { attr_set: attributes, attr_clr: 0, propagation: MS_PRIVATE, userns_fd: 0 };
  check(setAttrCall(SYS_mount_setattr, treeFd, '', AT_EMPTY_PATH, attr, koffi.sizeof(mountAttr)), 'mount_setattr');
}

/** Onto the very file or directory that `targetFd` is. Throws SystemError: EINVAL from the wrong namespace, ENOTDIR. */
export function placeMount(treeFd: number, targetFd: number): void {
  check(moveMountCall(SYS_move_mount, treeFd, '', targetFd, '', MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH), 'move_mount');
}
