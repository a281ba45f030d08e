import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openPidfd } from '../src/pidfd.ts';
import { parseStat, readProcess } from '../src/process.ts';
import { codeOf, tempDir } from './temp.ts';

async function sleeper(program = 'sleep') {
  const child = spawn(program, ['600'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  return { child, pid: child.pid ?? 0 };
}

test('a child is read with its parent, and its start time stays the same', async () => {
  const { pid } = await sleeper();
  const info = readProcess(pid);
  expect(info).toMatchObject({ pid, parent: process.pid });
  expect(info?.startTime).toBeGreaterThan(0);
  expect(readProcess(pid)?.startTime).toBe(info?.startTime);
});

test('a command name with spaces and parentheses does not shift the fields', async () => {
  const program = join(tempDir(), 'a) Z 1 (b');
  copyFileSync('/bin/sleep', program);
  const { pid } = await sleeper(program);
  expect(readProcess(pid)).toMatchObject({ pid, parent: process.pid, state: expect.stringMatching(/^[RSD]$/) });
});

test('a pid that nobody has is undefined, and text that is no stat is a fault', () => {
  expect(readProcess(4_194_304)).toBeUndefined();
  expect(() => parseStat('1 (x)')).toThrow('not as expected');
});

test('a pidfd signals its process and says when it is gone', async () => {
  const { child, pid } = await sleeper();
  const pidfd = openPidfd(pid);
  if (pidfd === undefined) throw new Error('no pidfd');
  onTestFinished(() => pidfd.close());
  expect([pidfd.alive(), pidfd.signal(0)]).toEqual([true, true]);
  const exit = once(child, 'exit');
  expect(pidfd.signal(15)).toBe(true);
  expect((await exit)[1]).toBe('SIGTERM');
  expect([pidfd.alive(), pidfd.signal(15)]).toEqual([false, false]);
});

test('a zombie is not alive', async () => {
  // The shell becomes `sleep`, which never waits for its child; the shell itself would.
  const shell = spawn('sh', ['-c', 'sleep 600 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void shell.kill('SIGKILL'));
  const pid = Number(String((await once(shell.stdout, 'data'))[0]));
  await expect.poll(() => readFileSync(`/proc/${shell.pid}/comm`, 'utf8')).toBe('sleep\n');
  const pidfd = openPidfd(pid);
  onTestFinished(() => pidfd?.close());
  pidfd?.signal(9);
  await expect.poll(() => readProcess(pid)?.state).toBe('Z');
  expect(pidfd?.alive()).toBe(false);
});

test('no such process is undefined; an impossible pid is a fault', () => {
  expect(openPidfd(4_194_303)).toBeUndefined();
  expect(codeOf(() => openPidfd(-1))).toBe('EINVAL');
});

test('a signal number out of range is a fault', () => {
  const pidfd = openPidfd(process.pid);
  onTestFinished(() => pidfd?.close());
  expect(codeOf(() => pidfd?.signal(1000))).toBe('EINVAL');
});
