/** 7.2-7: who a role is, by what a provider has as its passwd. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, openSync, closeSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { identify } from '../../../src/plugins/dbus/identity.ts';
import { outsideId, resolveRole } from '../../../src/plugins/dbus/roles.ts';
import { tempDir } from '../../kit/cleanup.ts';

const passwd = `root:x:0:0:root:/root:/bin/sh
operator:x:1001:100::/:
admin:x:0:0::/:
short
:x:7:7::/:
octal:x:010:1::/:
negative:x:-1:1::/:
huge:x:4294967295:1::/:
long:x:1002:1002:${'x'.repeat(5000)}:/:
noeol:x:1003:1003::/:`;
const uidOf = (role: string, numericRoot = false): [number, number] => {
  const { uid, gid } = resolveRole(role, passwd, numericRoot);
  return [uid, gid];
};

test.each<[string, [number, number]]>([
  ['root', [0, 0]], ['operator', [1001, 100]], ['long', [1002, 1002]], ['noeol', [1003, 1003]], ['admin', [0, 0]],
  ['0', [65534, 65534]], ['00', [65534, 65534]], ['+0', [65534, 65534]], [' 0', [65534, 65534]], ['0x0', [65534, 65534]], ['-1', [65534, 65534]],
  ['2147483648', [65534, 65534]], ['2147483647', [2147483647, 65534]], ['01001', [65534, 65534]], ['1001', [1001, 100]], ['1004', [1004, 65534]], ['1001x', [65534, 65534]],
  ['any', [65534, 65534]], ['', [65534, 65534]], ['oper', [65534, 65534]], ['operators', [65534, 65534]], ['root:x', [65534, 65534]],
  ['short', [65534, 65534]], ['octal', [65534, 65534]], ['negative', [65534, 65534]], ['huge', [65534, 65534]],
])('7.2-7 the role %j is user and group %j', (role, ids) => {
  expect(uidOf(role)).toEqual(ids);
});

test('7.2-7 the role 0 is root only where the provider lists it', () => {
  expect(uidOf('0', true)).toEqual([0, 0]);
  expect(uidOf('00', true)).toEqual([65534, 65534]);
});

function inRoot(make: (path: string) => void, role = 'root'): number {
  const root = tempDir();
  const path = join(root, 'etc/passwd');
  mkdirSync(dirname(path));
  make(path);
  // O_PATH
  const rootFd = openSync(root, 0o10000000);
  onTestFinished(() => closeSync(rootFd));
  return identify(role, { pid: process.pid, rootFd }, { numericRoot: false }).uid;
}

test.each<[string, (path: string) => void, number]>([
  ['a file', (path) => writeFileSync(path, passwd), 0],
  ['missing', () => undefined, 65534],
  ["a symlink to the host's", (path) => symlinkSync('/etc/passwd', path), 65534],
  ["a symlink to the host's by /proc", (path) => symlinkSync('/proc/1/root/etc/passwd', path), 65534],
  ['a FIFO', (path) => void execFileSync('mkfifo', [path]), 65534],
  ['a directory', (path) => mkdirSync(path), 65534],
  ['more than 1 MiB', (path) => writeFileSync(path, passwd + '\n'.repeat(1024 * 1024)), 65534],
])('7.2-7 passwd is %s', (_, make, uid) => {
  expect(inRoot(make)).toBe(uid);
});

test('7.2-7 a symlink within the root is followed', () => {
  expect(inRoot((path) => {
    writeFileSync(join(dirname(path), 'real'), passwd);
    symlinkSync('/etc/real', path);
  }, 'operator')).toBe(1001);
});

test('ids of a user namespace are translated, those that it does not have are not', () => {
  const map = '         0     100000      65536\n     70000      70000          1\n';
  expect([0, 1001, 65_534, 70_000, 70_001].map((id) => outsideId(map, id))).toEqual([100_000, 101_001, 165_534, 70_000, undefined]);
});
