/** The graph from a server that sends it in whatever way, or not at all. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { systemClock, type Clock } from '@pv/runtime/clock';
import { ManualClock } from '@pv/testkit/manual-clock';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, onTestFinished, test } from 'vitest';
import { type Fetched, graphFetcher } from '../../src/graph/fetch.ts';
import { tempDir } from '../kit/cleanup.ts';

const entry = { type: 'unix', name: 'raw', consumer: 'client', provider: 'server', role: 'client', socket: '/run/a.sock', interface: 'unix', target: '/run/b.sock', consumer_pid: 1, provider_pid: 2 };
const graphOf = (count: number, padding = '') => JSON.stringify(Array.from({ length: count }, (_, index) => ({ ...entry, name: `raw${index}`, note: padding })));

/** What a server's answer becomes; `answer` has the connection once the request is there. */
async function fetched(answer: (socket: Socket) => void, clock: Clock = systemClock, onAsked = (): void => undefined): Promise<Fetched> {
  const path = join(tempDir(), 'core');
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      answer(socket);
      onAsked();
    });
    onTestFinished(() => void socket.destroy());
  });
  server.listen(path);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return graphFetcher(path, clock)(undefined, new AbortController().signal);
}

const head = 'HTTP/1.1 200 OK\r\nETag: "1"\r\nConnection: close\r\n';

test('7.2-19 500 links in chunks of one byte are taken whole', async () => {
  const chunks = [...Buffer.from(graphOf(500))].map((byte) => `1\r\n${String.fromCharCode(byte)}\r\n`);
  expect(await fetched((socket) => socket.end(`${head}Transfer-Encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`))).toMatchObject({ kind: 'graph', links: { length: 500 }, problems: [] });
});

test('7.2-19 1 MiB is taken whole', async () => {
  const body = graphOf(500, 'x'.repeat(2048));
  expect(body.length).toBeGreaterThan(1024 * 1024);
  expect(await fetched((socket) => socket.end(`${head}Content-Length: ${body.length}\r\n\r\n${body}`))).toMatchObject({ kind: 'graph', links: { length: 500 } });
});

test('7.2-19 an answer that ends too soon is no graph', async () => {
  const body = graphOf(3);
  expect(await fetched((socket) => socket.end(`${head}Content-Length: ${body.length}\r\n\r\n${body.slice(0, -9)}`))).toMatchObject({ kind: 'away' });
  expect(await fetched((socket) => socket.end(`${head}Content-Length: ${body.length - 9}\r\n\r\n${body.slice(0, -9)}`))).toMatchObject({ kind: 'bad', reason: 'Failed to parse graph JSON' });
});

test('7.2-19 a server that hangs, before its answer or in it, costs one request and one deadline', async () => {
  for (const part of ['', `${head}Content-Length: 100\r\n\r\n[`]) {
    const clock = new ManualClock();
    const asked = { yes: false };
    const result = fetched((socket) => void socket.write(part), clock, () => (asked.yes = true));
    await waitFor(() => asked.yes, { what: 'the request' });
    clock.advance(4);
    expect(await result).toMatchObject({ kind: 'away', problem: 'Error connecting to pv-ctrl: Connection timed out' });
    expect(clock.pending).toBe(0);
  }
});
