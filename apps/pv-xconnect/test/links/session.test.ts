import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { systemClock, type Clock } from '@pv/runtime/clock';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, onTestFinished, test } from 'vitest';
import { joinSockets } from '../../src/links/session.ts';
import { tempDir } from '../kit/cleanup.ts';
import { FakeClock } from '../kit/fake-clock.ts';
import { dial, readAll } from '../kit/sockets.ts';

interface Joined {
  readonly consumer: Socket;
  readonly provider: Socket;
  /** The middle's own two ends. */
  readonly inner: readonly Socket[];
  ended(): boolean;
  end(): void;
}

/** A consumer and a provider with a session between them. */
async function join2(clock: Clock = systemClock): Promise<Joined> {
  const directory = tempDir();
  const [front, back] = [join(directory, 'front'), join(directory, 'back')];
  const accepted = await Promise.all([listen(front, true), listen(back, false)]);
  const consumer = await dial(front);
  const upstream = connect({ path: back, allowHalfOpen: true });
  const [client, provider] = await Promise.all(accepted.map((one) => one()));
  if (client === undefined || provider === undefined) throw new Error('no connection');
  let ended = false;
  provider.on('error', () => undefined);
  const end = joinSockets(client, upstream, { lingerSeconds: 60, clock, onEnd: () => (ended = true) });
  return { consumer, provider, inner: [client, upstream], ended: () => ended, end };
}

async function listen(path: string, pauseOnConnect: boolean): Promise<() => Promise<Socket>> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect }).listen(path);
  await once(server, 'listening');
  const connection = once(server, 'connection') as Promise<[Socket]>;
  onTestFinished(() => void server.close());
  return async () => {
    const [socket] = await connection;
    onTestFinished(() => void socket.destroy());
    return socket;
  };
}

const endOf = (joined: Joined) => waitFor(() => joined.ended(), { what: 'the end of the session' });

test('bytes go both ways, and the end of each side comes after all of them', async () => {
  const joined = await join2();
  joined.consumer.end('request');
  expect((await readAll(joined.provider)).toString()).toBe('request');
  joined.provider.end('answer');
  expect((await readAll(joined.consumer)).toString()).toBe('answer');
  await endOf(joined);
});

test('8 MiB for a slow reader that has closed its write side arrive whole', async () => {
  const joined = await join2();
  joined.consumer.end();
  const content = Buffer.alloc(8 << 20, 'pv');
  joined.provider.end(content);
  const chunks: Buffer[] = [];
  let length = 0;
  joined.consumer.on('readable', () => undefined);
  while (length < content.length) {
    const chunk = joined.consumer.read() as Buffer | null;
    if (chunk !== null) {
      chunks.push(chunk);
      length += chunk.length;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(Buffer.concat(chunks).equals(content)).toBe(true);
  await endOf(joined);
});

test('a reader that does not read makes the writer wait, and the middle holds little', async () => {
  const joined = await join2();
  joined.consumer.pause();
  let sent = 0;
  const chunk = Buffer.alloc(64 << 10);
  const push = (): void => {
    while (sent < 64 << 20 && joined.provider.write(chunk)) sent += chunk.length;
  };
  joined.provider.on('drain', push);
  push();
  const moved = (): number => joined.inner.reduce((sum, socket) => sum + socket.bytesRead, 0);
  let last = -1;
  await waitFor(() => moved() === last || ((last = moved()), false), { what: 'the flow coming to rest', everyMs: 200 });
  expect(joined.inner.reduce((sum, socket) => sum + socket.writableLength + socket.readableLength, 0)).toBeLessThan(512 << 10);
  expect(sent).toBeLessThan(4 << 20);
  joined.consumer.destroy();
  joined.provider.destroy();
  await endOf(joined);
});

test('what a provider answered before it broke off still arrives', async () => {
  const joined = await join2();
  joined.provider.pause();
  joined.consumer.write('x'.repeat(100_000));
  await waitFor(() => joined.inner.some((socket) => socket.bytesRead > 0), { what: 'the request under way' });
  joined.provider.write('refused: too long', () => joined.provider.destroy());
  const answer = readAll(joined.consumer);
  // Goes on sending as if nothing had happened.
  joined.consumer.write('y'.repeat(100_000));
  expect((await answer).toString()).toBe('refused: too long');
  joined.consumer.destroy();
  await endOf(joined);
});

test('what a consumer sent before it left still arrives, although what the provider tells it can not', async () => {
  const joined = await join2();
  const [client, upstream] = joined.inner;
  // Most of the message is still with the kernel when the first write to the consumer fails.
  client?.pause();
  const message = Buffer.alloc(160 << 10, 'm');
  await new Promise((sent) => joined.consumer.write(message, sent));
  joined.consumer.destroy();
  await once(joined.consumer, 'close');
  joined.provider.write('hello?');
  await waitFor(() => upstream?.bytesRead === 6 && upstream.readableLength === 0, { what: 'the words passing through' });
  client?.resume();
  expect((await readAll(joined.provider)).equals(message)).toBe(true);
  joined.provider.destroy();
  await endOf(joined);
});

test.each(['consumer', 'provider'] as const)('when the %s breaks off, the other side sees the end', async (side) => {
  const joined = await join2();
  const other = side === 'consumer' ? joined.provider : joined.consumer;
  joined[side].destroy();
  expect((await readAll(other)).length).toBe(0);
  other.end();
  await endOf(joined);
});

test('a half-open session without a byte for 60 s ends; every byte gives it another 60 s', async () => {
  const clock = new FakeClock();
  const joined = await join2(clock);
  joined.consumer.end('request');
  await readAll(joined.provider);
  await waitFor(() => clock.pending === 1, { what: 'the linger timer' });
  clock.advance(59);
  joined.provider.write('still working');
  await once(joined.consumer, 'data');
  clock.advance(2);
  clock.advance(57);
  expect(joined.ended()).toBe(false);
  clock.advance(120);
  await endOf(joined);
  expect(clock.pending).toBe(0);
});

test('a session that is open both ways may be silent for ever', async () => {
  const clock = new FakeClock();
  const joined = await join2(clock);
  clock.advance(1_000_000);
  expect(clock.pending).toBe(0);
  joined.consumer.write('awake');
  expect(String((await once(joined.provider, 'data'))[0])).toBe('awake');
});

test('a session can be ended from outside', async () => {
  const joined = await join2();
  joined.end();
  expect((await readAll(joined.consumer)).length).toBe(0);
  expect((await readAll(joined.provider)).length).toBe(0);
  await endOf(joined);
});
