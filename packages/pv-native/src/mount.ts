/**
 * mount(2) and umount2(2). Paths are resolved from this process's root, symlinks followed (but see NOFOLLOW), so
 * they must be ours: a path that a container controls does not belong here.
 */
import { cString, check, libc } from './libc.ts';

export const mountFlags = {
  RDONLY: 0x1, NOSUID: 0x2, NODEV: 0x4, NOEXEC: 0x8, REMOUNT: 0x20, BIND: 0x1000, REC: 0x4000, PRIVATE: 0x4_0000, SLAVE: 0x8_0000,
} as const;

/** NOFOLLOW: do not follow a symlink as the last component. */
export const unmountFlags = { DETACH: 0x2, NOFOLLOW: 0x8 } as const;

type Text = string | null;

const mountCall: (source: Text, target: string, fsType: Text, flags: number, data: Text) => number = libc.func(
  'mount', 'int', ['str', 'str', 'str', 'unsigned long', 'str'],
);
const umountCall: (target: string, flags: number) => number = libc.func('umount2', 'int', ['str', 'int']);

/** `data`: the filesystem's own options, for example overlay's `lowerdir=...`. Throws SystemError. */
export function mount(source: Text, target: string, fsType: Text, flags: number, data: Text = null): void {
  const text = (value: Text): Text => (value === null ? null : cString(value, 'mount'));
  check(mountCall(text(source), cString(target, 'mount'), text(fsType), flags, text(data)), 'mount', target);
}

/** Throws SystemError: EINVAL when nothing is mounted there, EBUSY when it is in use (but see DETACH). */
export function unmount(target: string, flags = 0): void {
  check(umountCall(cString(target, 'umount2'), flags), 'umount2', target);
}
