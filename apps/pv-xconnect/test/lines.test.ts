import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lineWriter } from '../src/lines.ts';
import { tempDir } from './kit/cleanup.ts';

function fifo(): string {
  const path = join(tempDir(), 'fifo');
  execFileSync('mkfifo', [path]);
  return path;
}

function open(path: string, flags: number): number {
  const fd = openSync(path, flags);
  onTestFinished(() => {
    try {
      closeSync(fd);
    } catch {
      // The test itself has closed it.
    }
  });
  return fd;
}

test('lines go out at once and whole, control characters escaped', () => {
  const path = join(tempDir(), 'file');
  const write = lineWriter(open(path, constants.O_WRONLY | constants.O_CREAT));
  write('first');
  write('a\nforged line\u001b[2J');
  expect(readFileSync(path, 'utf8')).toBe('first\na\\x0aforged line\\x1b[2J\n');
});

test('a pipe that nobody empties drops lines instead of stopping, and works again when it is read', () => {
  const path = fifo();
  // Read-write, as a parent opens it that wants no end of file: such a pipe never breaks, it only fills.
  const fd = open(path, constants.O_RDWR);
  const write = lineWriter(fd);
  for (let line = 0; line < 3_000; line++) write(`${line}: ${'x'.repeat(60)}`);
  const all = drain(fd);
  expect(all.startsWith('0: x')).toBe(true);
  expect(all.endsWith('x\n')).toBe(true);
  expect(all.split('\n').length).toBeLessThan(3_000);
  write('read again');
  expect(drain(fd)).toBe('read again\n');
});

test('a broken pipe and a closed descriptor cost lines only', () => {
  const path = fifo();
  const reader = open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = open(path, constants.O_WRONLY);
  const write = lineWriter(writer);
  closeSync(reader);
  expect(() => write('nobody')).not.toThrow();
  expect(() => lineWriter(999_999)('nowhere')).not.toThrow();
});

/** Everything that is in a pipe now. */
function drain(fd: number): string {
  const reader = openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_NONBLOCK);
  const buffer = Buffer.alloc(1 << 20);
  let length = 0;
  try {
    for (;;) length += readSync(reader, buffer, length, buffer.length - length, null);
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN');
  } finally {
    closeSync(reader);
  }
  return buffer.toString('utf8', 0, length);
}
