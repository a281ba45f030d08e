import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { deviceNumber, majorOf, makeCharDevice, minorOf } from '../src/device.ts';
import { setOwnerAndMode, statFd } from '../src/fd.ts';
import { mount, mountFlags } from '../src/mount.ts';
import { mountOptionsOf } from '../src/mount-of.ts';
import { O_PATH, openEntry } from '../src/openat.ts';
import { codeOf, tempDir } from './temp.ts';

function opened(path: string): number {
  const fd = openSync(path, O_PATH);
  onTestFinished(() => closeSync(fd));
  return fd;
}

test.each([[1, 3], [226, 128], [4095, 1_048_575], [0, 0]])('the number of device %i:%i can be taken apart again', (major, minor) => {
  const device = deviceNumber(major, minor);
  expect([majorOf(device), minorOf(device)]).toEqual([major, minor]);
});

test('a device is made without permissions, then given its owner and mode; other programs see the same numbers', () => {
  const root = tempDir();
  makeCharDevice(opened(root), 'null', deviceNumber(1, 3));
  const path = join(root, 'null');
  expect(statSync(path).mode & 0o7777).toBe(0);
  const fd = openEntry(opened(root), 'null') ?? -1;
  onTestFinished(() => closeSync(fd));
  setOwnerAndMode(fd, { uid: 12, gid: 34, mode: 0o640 });
  expect(statFd(fd)).toMatchObject({ uid: 12, gid: 34, rdev: deviceNumber(1, 3) });
  expect(execFileSync('stat', ['-c', '%A %u %g %t:%T', path], { encoding: 'utf8' })).toBe('crw-r----- 12 34 1:3\n');
});

test('a name that is taken, or is a path, is refused', () => {
  const root = opened(tempDir());
  makeCharDevice(root, 'null', deviceNumber(1, 3));
  expect(codeOf(() => makeCharDevice(root, 'null', deviceNumber(1, 3)))).toBe('EEXIST');
  expect(codeOf(() => makeCharDevice(root, '../null', deviceNumber(1, 3)))).toBe('EINVAL');
});

test('openEntry opens a symlink itself, and nothing that is not there', () => {
  const root = tempDir();
  symlinkSync('/dev/null', join(root, 'link'));
  const fd = openEntry(opened(root), 'link') ?? -1;
  onTestFinished(() => closeSync(fd));
  expect(statFd(fd).mode & 0o170000).toBe(0o120000);
  expect(openEntry(opened(root), 'absent')).toBeUndefined();
});

test('the options are those of the mount that a descriptor is in', () => {
  const root = tempDir();
  mkdirSync(join(root, 'a'));
  mount('none', join(root, 'a'), 'tmpfs', mountFlags.NODEV | mountFlags.NOSUID);
  expect(mountOptionsOf(opened(join(root, 'a')), process.pid)).toEqual(expect.arrayContaining(['nodev', 'nosuid']));
});
