import { openSync } from 'node:fs';
import { constants as os } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { closeFd } from '../src/fd.ts';
import { closeFds, maxFds, MessageBuffer } from '../src/msg.ts';
import { acceptUnix, connectUnix, listenUnix, openSocket, shutdownWrite } from '../src/socket.ts';
import { withDescriptors } from './limits.ts';
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
  expect([buffer.receiveExact(to, true), buffer.plain]).toEqual([0, sent]);
  sendWithFd(from, 'F');
  expect([buffer.receivePlain(to), buffer.plain]).toEqual([buffer.streamBytes, sent - buffer.streamBytes]);
  expect([buffer.receivePlain(to), buffer.fds, buffer.plain]).toEqual([sent - buffer.streamBytes, [], 0]);
  expect([buffer.receiveExact(to, true), buffer.marks.map(({ at, fds }) => [at, fds.length])]).toEqual([1, [[0, 1]]]);
  closeFds(buffer.marks.flatMap(({ fds }) => fds));
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

test('many descriptors are not taken in one go', () => {
  const { from, to } = pair();
  const file = openSync('/dev/null', 'r');
  for (let round = 0; round < 4; round += 1) expect(buffer.send(from, Buffer.from('m'), Array<number>(maxFds).fill(file))).toBe(1);
  closeFd(file);
  for (let round = 0; round < 4; round += 1) {
    expect([buffer.receiveExact(to, false), buffer.marks.map(({ at, fds }) => [at, fds.length])]).toEqual([1, [[0, maxFds]]]);
    closeFds(buffer.marks.flatMap(({ fds }) => fds));
  }
});

test.each([true, false])('descriptors that came where others were lost are named once (many bytes expected: %s)', async (isLarge) => {
  const { from, to } = pair();
  const file = openSync('/dev/null', 'r');
  expect(buffer.send(from, Buffer.from('m'), Array<number>(10).fill(file))).toBe(1);
  closeFd(file);
  const next = openSync('/dev/null', 'r');
  closeFd(next);
  await withDescriptors(next + 3, () => expect(buffer.receiveExact(to, isLarge)).toBe(1));
  expect([buffer.truncated, buffer.marks]).toEqual([true, []]);
  expect(buffer.fds.length).toBeGreaterThan(0);
  closeFds(buffer.fds);
});
