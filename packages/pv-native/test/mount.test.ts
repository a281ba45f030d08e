import { mkdirSync, writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mount, mountFlags, unmount, unmountFlags } from '../src/mount.ts';
import { codeOf, mountsBelow, tempDir } from './temp.ts';

function directory(...names: string[]): string {
  const path = join(...names);
  mkdirSync(path);
  return path;
}

test('a filesystem is mounted with its options and unmounted', () => {
  const root = tempDir();
  const target = directory(root, 'a');
  mount('none', target, 'tmpfs', mountFlags.NOSUID | mountFlags.NODEV, 'size=64k,mode=0700');
  expect(readFileSync('/proc/self/mounts', 'utf8')).toMatch(new RegExp(`${target} tmpfs rw,nosuid,nodev,.*size=64k,mode=700`));
  unmount(target);
  expect(mountsBelow(root)).toEqual([]);
});

test('a bind mount is made read-only by a second step', () => {
  const root = tempDir();
  const source = directory(root, 'source');
  const target = directory(root, 'target');
  mount(source, target, null, mountFlags.BIND);
  mount(null, target, null, mountFlags.PRIVATE);
  mount(null, target, null, mountFlags.REMOUNT | mountFlags.BIND | mountFlags.RDONLY);
  expect(codeOf(() => writeFileSync(join(target, 'x'), ''))).toBe('EROFS');
  writeFileSync(join(source, 'x'), 'y');
  expect(readFileSync(join(target, 'x'), 'utf8')).toBe('y');
  unmount(target, unmountFlags.DETACH | unmountFlags.NOFOLLOW);
});

test('failures carry the errno', () => {
  const root = tempDir();
  expect(codeOf(() => mount('none', join(root, 'absent'), 'tmpfs', 0))).toBe('ENOENT');
  expect(codeOf(() => mount('none', root, 'nosuchfs', 0))).toBe('ENODEV');
  expect(codeOf(() => unmount(root))).toBe('EINVAL');
});

test('a NUL inside a path is refused, not cut', () => {
  const root = tempDir();
  const target = directory(root, 'a');
  expect(codeOf(() => mount('none', `${target}\0/b`, 'tmpfs', 0))).toBe('EINVAL');
  expect(mountsBelow(root)).toEqual([]);
});
