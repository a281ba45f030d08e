import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { limits } from '@pv/contract/limits';
import { systemClock, type Clock } from '@pv/runtime/clock';
import { ManualClock } from '@pv/testkit/manual-clock';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, onTestFinished, test } from 'vitest';
import { call } from '../src/http-call.ts';
import { tempDir } from './kit/cleanup.ts';

/** A server that answers each request head with bytes of our choice. */
async function serverThat(answers: (socket: Socket) => void): Promise<string> {
  const path = join(tempDir(), 'server');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('data', () => answers(socket));
  }).listen(path);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return path;
}

const get = (socketPath: string, clock: Clock = systemClock, signal?: AbortSignal) =>
  call({ socketPath, method: 'GET', path: '/x', deadline: 5, clock, ...(signal === undefined ? {} : { signal }) });

test('an answer comes with its status, its ETag without quotes and its body', async () => {
  const path = await serverThat((socket) => socket.end('HTTP/1.1 503 Busy\r\nETag: "v1"\r\nContent-Length: 4\r\n\r\nbody'));
  expect(await get(path)).toEqual({ kind: 'answer', status: 503, etag: 'v1', body: Buffer.from('body') });
});

test('an answer in pieces of one byte is read whole', async () => {
  const bytes = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n';
  const path = await serverThat((socket) => {
    void (async () => {
      for (const byte of bytes) {
        socket.write(byte);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
  });
  expect(await get(path)).toMatchObject({ kind: 'answer', etag: undefined, body: Buffer.from('body') });
});

test.each([
  ['nobody listens', async () => join(tempDir(), 'absent'), 'No such file or directory'],
  ['the answer is cut off', () => serverThat((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[')), 'Connection reset by peer'],
  ['the connection ends before an answer', () => serverThat((socket) => socket.end()), 'Connection reset by peer'],
])('when %s, the other side is away and the reason is the errno in words', async (_what, server, reason) => {
  expect(await get(await server())).toEqual({ kind: 'away', reason });
});

test('what is not HTTP is a bad answer', async () => {
  expect(await get(await serverThat((socket) => socket.end('SSH-2.0-x\r\n')))).toMatchObject({ kind: 'bad', reason: expect.stringContaining('not an HTTP answer') });
});

test('an answer beyond the cap is given up, however it goes on', async () => {
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  const path = await serverThat((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    const more = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', more);
    more();
  });
  expect(await get(path)).toEqual({ kind: 'bad', reason: `the answer is longer than ${limits.answerBytes} bytes` });
});

test('a server that hangs is given up after the deadline', async () => {
  const clock = new ManualClock();
  let asked = false;
  const path = await serverThat(() => (asked = true));
  const result = get(path, clock);
  await waitFor(() => asked, { what: 'the request' });
  clock.advance(5);
  expect(await result).toEqual({ kind: 'away', reason: 'Connection timed out' });
  expect(clock.pending).toBe(0);
});

test('a call can be aborted', async () => {
  const abort = new AbortController();
  const path = await serverThat(() => abort.abort());
  expect(await get(path, systemClock, abort.signal)).toMatchObject({ kind: 'away' });
});
