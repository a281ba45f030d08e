import { openSync } from 'node:fs';
import { constants as os } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { closeFd } from '../src/fd.ts';
import { closeFds, MessageBuffer } from '../src/msg.ts';
import { acceptUnix, connectUnix, listenUnix, openSocket, shutdownWrite } from '../src/socket.ts';
import { own } from './relay/kit.ts';
import { tempDir } from './temp.ts';

const buffer = new MessageBuffer(256 * 1024);
const sent = 150_000;

function pair(): { from: number; to: number } {
  const path = join(tempDir(), 's');
  const listener = own(listenUnix(path, { mode: 0o600 }));
  const from = own(openSocket());
  expect(connectUnix(from, path)).toBe(0);
  return { from, to: own(acceptUnix(listener)) };
}

function sendWithFd(from: number, text: string): void {
  const fd = openSync('/dev/null', 'r');
  expect(buffer.send(from, Buffer.from(text), [fd])).toBe(text.length);
  closeFd(fd);
}

test('what is known to be plain is received without a look, and nothing that came after the look', () => {
  const { from, to } = pair();
  expect(buffer.send(from, Buffer.alloc(sent, '.'))).toBe(sent);
  const first = buffer.receiveExact(to, true);
  expect([first, buffer.plain]).toEqual([buffer.streamBytes, sent - buffer.streamBytes]);
  sendWithFd(from, 'F');
  expect([buffer.receivePlain(to), buffer.fds, buffer.plain]).toEqual([sent - first, [], 0]);
  expect([buffer.receiveExact(to, true), buffer.marks.map(({ at, fds }) => [at, fds.length])]).toEqual([1, [[0, 1]]]);
  closeFds(buffer.fds);
});

test('with descriptors in the queue nothing is known to be plain', () => {
  const { from, to } = pair();
  expect(buffer.send(from, Buffer.alloc(sent, '.'))).toBe(sent);
  sendWithFd(from, 'F');
  let received = 0;
  do {
    received += buffer.receiveExact(to, true);
    expect(buffer.plain).toBe(0);
  } while (buffer.marks.length === 0);
  expect(received).toBe(sent + 1);
  closeFds(buffer.marks.flatMap(({ fds }) => fds));
});

test.each([true, false])('nothing, and then the end of stream (many bytes expected: %s)', (isLarge) => {
  const { from, to } = pair();
  expect(buffer.receiveExact(to, isLarge)).toBe(-os.errno.EAGAIN);
  shutdownWrite(from);
  expect(buffer.receiveExact(to, isLarge)).toBe(0);
});
