import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { closeFd } from '../src/fd.ts';
import { tryLock } from '../src/lock.ts';
import { codeOf, tempDir } from './temp.ts';

function open(path: string): number {
  const fd = openSync(path, 'r');
  onTestFinished(() => closeFd(fd));
  return fd;
}

test('one holder at a time, a directory too, and a second asking is harmless', () => {
  const path = tempDir();
  const fd = open(path);
  expect([tryLock(fd), tryLock(fd), tryLock(open(path))]).toEqual([true, true, false]);
});

test('a killed holder gives it back', async () => {
  const path = tempDir();
  const holder = spawn('flock', ['--no-fork', path, 'sh', '-c', 'echo held; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  const fd = open(path);
  expect(tryLock(fd)).toBe(false);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(tryLock(fd)).toBe(true);
});

test('a bad descriptor is a fault', () => {
  expect(codeOf(() => tryLock(-1))).toBe('EBADF');
});
