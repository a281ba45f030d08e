import { readSync, writeSync } from 'node:fs';
import { expect, test } from 'vitest';
import { closeFd } from '../src/fd.ts';
import { openPipe } from '../src/pipe.ts';

test('what is written is read, then the end', () => {
  const { readFd, writeFd } = openPipe();
  const bytes = Buffer.alloc(8);
  writeSync(writeFd, 'x');
  closeFd(writeFd);
  expect([readSync(readFd, bytes), readSync(readFd, bytes)]).toEqual([1, 0]);
  closeFd(readFd);
});
