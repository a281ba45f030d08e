/** Device programs of version 2 control groups, which decide in the kernel what is asked here. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { attachDeviceProgram, loadDeviceProgram } from '@pv/pv-native/bpf';
import { closeFd } from '@pv/pv-native/fd';
import { expect, onTestFinished, test } from 'vitest';
import { Unchangeable } from '../../../src/plugins/drm/device-group.ts';
import { putTogether, takeApart } from '../../../src/plugins/drm/device-program.ts';
import { GroupWithPrograms } from '../../../src/plugins/drm/group-with-programs.ts';
import { permittedIn, programsOf, withGroup } from '../../kit/device-programs.ts';
import { makeDevice } from '../../kit/drm.ts';
import { tempDir } from '../../kit/cleanup.ts';

const mounted = existsSync('/sys/fs/cgroup/cgroup.controllers') ? '/sys/fs/cgroup' : '/sys/fs/cgroup/unified';

/** `b7 00 00 00 <0 or 1>`, `95`: everything is refused, or allowed. */
const constant = (answer: 0 | 1): Uint8Array => Buffer.from([0xb7, 0, 0, 0, answer, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]);

function group(...programs: Uint8Array[]): string {
  const outer = mkdtempSync(join(mounted, 'pv-programs-'));
  const directory = join(outer, 'inner');
  mkdirSync(directory);
  onTestFinished(() => [directory, outer].forEach((path) => rmdirSync(path)));
  withGroup(directory, (fd) => programs.forEach((program) => {
    const loaded = loadDeviceProgram(program);
    attachDeviceProgram(fd, loaded);
    closeFd(loaded);
  }));
  return directory;
}

/** Devices like /dev/null and /dev/zero, as nodes of their own. */
function nodes(): { readonly null: string; readonly zero: string; readonly new: string } {
  const directory = tempDir();
  const at = { null: join(directory, 'null'), zero: join(directory, 'zero'), new: join(directory, 'new') };
  makeDevice(at.null, [1, 3], { mode: 0o666 });
  makeDevice(at.zero, [1, 5], { mode: 0o666 });
  return at;
}

/** Whether a process in the group can do that. */
const can = (directory: string, script: string, ...args: string[]): boolean => spawnSync('sh', ['-c', `echo $$ > "$0/cgroup.procs"; ${script}`, directory, ...args], { stdio: 'ignore' }).status === 0;
const reads = (directory: string, path: string): boolean => can(directory, ': < "$1"', path);
const writes = (directory: string, path: string): boolean => can(directory, ': > "$1"', path);

test('a device is allowed for reading and writing, no other one, and not for making nodes; what is revoked is refused again', () => {
  const [directory, at] = [group(constant(0)), nodes()];
  const before = programsOf(directory);
  const own = new GroupWithPrograms(directory);
  expect([own.allowed('1:3'), reads(directory, at.null)]).toEqual(['absent', false]);
  own.allow('1:3');
  expect([own.allowed('1:3'), own.allowed('1:5'), own.allowed('1:0')]).toEqual(['ours', 'absent', 'absent']);
  expect([reads(directory, at.null), writes(directory, at.null), reads(directory, at.zero)]).toEqual([true, true, false]);
  expect(can(directory, 'mknod "$1" c 1 3', at.new)).toBe(false);
  own.revoke('1:3');
  expect([own.allowed('1:3'), reads(directory, at.null)]).toEqual(['absent', false]);
  expect(programsOf(directory)).toEqual(before);
});

test('several are kept apart, and what the program itself allows stays as it is', () => {
  const [directory, at] = [group(constant(0)), nodes()];
  const own = new GroupWithPrograms(directory);
  for (const number of ['226:128', '1:3', '1:5']) own.allow(number);
  own.allow('1:3');
  expect(permittedIn(directory)).toEqual(['226:128', '1:3', '1:5']);
  own.revoke('1:3');
  own.revoke('1:3');
  expect([reads(directory, at.null), reads(directory, at.zero), own.allowed('226:128')]).toEqual([false, true, 'ours']);
});

test('without a program everything is allowed, and none is made', () => {
  const [directory, at] = [group(), nodes()];
  const own = new GroupWithPrograms(directory);
  expect([own.allowed('1:3'), reads(directory, at.null)]).toEqual(['covered', true]);
  own.allow('1:3');
  own.revoke('1:3');
  expect(programsOf(directory)).toEqual([]);
});

test('all of several programs let it pass', () => {
  const [directory, at] = [group(constant(0), constant(0), constant(1)), nodes()];
  const own = new GroupWithPrograms(directory);
  own.allow('1:3');
  expect([reads(directory, at.null), reads(directory, at.zero), programsOf(directory).length]).toEqual([true, false, 3]);
  own.revoke('1:3');
  expect(reads(directory, at.null)).toBe(false);
});

/** Refused for what it calls, when it is loaded again: a call shows another number than it was loaded with. */
const cannotBeRead = (): Uint8Array => Buffer.from([0x85, 0, 0, 0, 5, 0, 0, 0, 0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]);

test('a permission that not every program takes is taken back, and nothing is said to be changed', () => {
  const directory = group(constant(0), cannotBeRead());
  const before = programsOf(directory).map((program) => program.length);
  const own = new GroupWithPrograms(directory);
  expect(() => own.allow('1:3')).toThrow(Unchangeable);
  expect([own.allowed('1:3'), permittedIn(directory), programsOf(directory).map((program) => program.length)]).toEqual(['absent', [], before]);
});

test('a group that has gone needs nothing to be revoked', () => {
  expect(() => new GroupWithPrograms(join(mounted, 'pv-programs-gone')).revoke('1:3')).not.toThrow();
  expect(() => new GroupWithPrograms(join(mounted, 'pv-programs-gone')).allow('1:3')).toThrow('ENOENT');
});

test('a permission is told from a program that only resembles one', () => {
  const whole = putTogether({ permitted: ['226:0'], program: constant(0) });
  const length = whole.length - constant(0).length;
  expect(takeApart(whole)).toEqual({ permitted: ['226:0'], program: constant(0) });
  // The numbers are 32 bits, and may be any.
  const numbers = [8, 10].flatMap((index) => [4, 5, 6, 7].map((byte) => index * 8 + byte));
  for (const at of Array.from({ length }, (_, index) => index).filter((index) => !numbers.includes(index))) {
    const other = Buffer.from(whole);
    other[at] = (other[at] ?? 0) ^ 1;
    expect(takeApart(other).permitted).toEqual([]);
  }
  expect(takeApart(whole.subarray(0, length - 8)).permitted).toEqual([]);
});

test('what the kernel has inserted into a program is made loadable again', () => {
  const move = (registers: number, immediate: number): number[] => [0xbc, registers, 0, 0, immediate, 0, 0, 0];
  expect([...putTogether({ permitted: [], program: Buffer.from([...move(0x11, 1), ...move(0x21, 0)]) })]).toEqual([0x05, 0, 0, 0, 0, 0, 0, 0, ...move(0x21, 0)]);
});
