import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readlinkSync } from 'node:fs';
import { MessageBuffer } from '@pv/pv-native/msg';
import { expect, onTestFinished, test } from 'vitest';
import { FdStore } from '../../src/daemons/fd-store.ts';

test('what a daemon left in the store is there after it and after the pv-core that started it', async () => {
  const first = new FdStore();
  const daemon = spawn('sleep', ['1000'], { stdio: ['ignore', 'ignore', 'ignore', ...first.open()] });
  onTestFinished(() => void daemon.kill('SIGKILL'));
  await once(daemon, 'spawn');
  const buffer = new MessageBuffer(4096);
  const [write = -1] = first.open();
  buffer.send(write, Buffer.from('kept'), [openSync('/etc/hostname', 'r')]);
  const second = new FdStore();
  second.adopt(daemon.pid ?? -1);
  daemon.kill('SIGKILL');
  await once(daemon, 'exit');
  const [, read = -1] = second.open();
  expect(buffer.receive(read)).toBe(4);
  expect([Buffer.from(buffer.data.subarray(0, 4)).toString(), ...buffer.fds.map((fd) => readlinkSync(`/proc/self/fd/${fd}`))]).toEqual(['kept', '/etc/hostname']);
});

test('a daemon without a store, or that is gone, costs nothing but what it would have left', () => {
  const store = new FdStore();
  store.adopt(2 ** 22 - 1);
  expect(store.open()).toHaveLength(2);
});
