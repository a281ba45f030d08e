/** The thread that mounts, as it is shipped: what it does not do it tells. */
import { closeSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runMountThread, states } from '@pv/pv-native/mount-thread';
import { expect, onTestFinished, test } from 'vitest';
import { startContainer } from '../kit/container.ts';
import { tempDir } from '../kit/cleanup.ts';
import { bundleMountWorker } from '../kit/mount-worker.ts';

const takeSteps = bundleMountWorker();

function opened(path: string, flags: string | number): number {
  const fd = openSync(path, flags);
  onTestFinished(() => closeSync(fd));
  return fd;
}

test('a failure is that of its system call', () => {
  expect(() => takeSteps([{ kind: 'unmount', directory: -1, name: 'x', namespace: -1 }])).toThrow(expect.objectContaining({ code: 'EBADF', syscall: 'setns' }));
  const own = opened('/proc/self/ns/mnt', 'r');
  const directory = opened(tempDir(), 0o10000000);
  expect(() => takeSteps([{ kind: 'unmount', directory, name: 'x', namespace: own }])).toThrow(expect.objectContaining({ code: 'ENOENT', syscall: 'umount2' }));
});

test('a file that is not in a mount of the namespace named as its own is not mounted', async () => {
  const container = await startContainer('target');
  writeFileSync(container.at('/file'), '');
  const namespace = opened(`/proc/${container.pid}/ns/mnt`, 'r');
  const foreign = opened('/etc/hostname', 0o10000000);
  const target = opened(`/proc/${container.pid}/root/file`, 0o10000000);
  const step = { kind: 'mount', source: foreign, sourceNamespace: namespace, target, targetNamespace: namespace, attributes: 0 } as const;
  expect(() => takeSteps([step])).toThrow(expect.objectContaining({ code: 'EINVAL', syscall: 'open_tree' }));
});

test('this process stays in its own namespace, root and directory, and nothing is mounted here', async () => {
  const container = await startContainer('target');
  mkdirSync(container.at('/dev'));
  writeFileSync(container.at('/dev/node'), '');
  const before = [readFileSync('/proc/self/mounts', 'utf8'), process.cwd(), statSync('/').ino];
  const target = opened(`/proc/${container.pid}/root/dev/node`, 0o10000000);
  takeSteps([{ kind: 'device', device: 0x103, uid: 0, gid: 0, mode: 0o666, target, targetNamespace: opened(`/proc/${container.pid}/ns/mnt`, 'r'), attributes: 0 }]);
  expect([readFileSync('/proc/self/mounts', 'utf8'), process.cwd(), statSync('/').ino]).toEqual(before);
  expect(statSync(`/proc/${container.pid}/root/dev/node`).rdev).toBe(0x103);
  expect(statSync(join(container.root, 'dev/node')).isFile()).toBe(true);
});

test('a thread that begins after it was given up does nothing: its descriptors may be others by then', () => {
  const outcome = Int32Array.of(states.givenUp, 0);
  runMountThread({ steps: [{ kind: 'unmount', directory: -1, name: 'x', namespace: -1 }], outcome, syscall: new Uint8Array(16) });
  expect([...outcome]).toEqual([states.givenUp, 0]);
});
