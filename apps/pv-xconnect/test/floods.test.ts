/** Consumers that ask for too much: what it costs them, and that it costs nobody else anything. */
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, onTestFinished, test } from 'vitest';
import { startContainer } from './kit/container.ts';
import { link, runDaemon } from './kit/daemon.ts';
import { ask, echo, serve } from './kit/sockets.ts';

const socketPath = '/run/example/raw.sock';
const target = '/run/pv/services/raw.sock';

/** Connected, or refused because too many wait already. */
async function tryToConnect(path: string): Promise<Socket | undefined> {
  const socket = connect({ path });
  onTestFinished(() => void socket.destroy());
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(socket)).once('error', () => resolve(undefined));
  });
}

const openFds = (): number => readdirSync('/proc/self/fd').length;

test('7.2-22 5 000 connections of one consumer limit its own link alone, and when they are gone all is well again', async () => {
  const [greedy, modest, provider, daemon] = await Promise.all([startContainer('greedy'), startContainer('modest'), startContainer('provider'), runDaemon()]);
  await serve(provider.at(socketPath), echo);
  daemon.core.set([link(greedy, provider), link(modest, provider, { name: 'modest' })]);
  await daemon.printed(`Link established: ${modest.name}/modest`);
  await ask(modest.at(target), 'warm');
  const before = openFds();
  const flood: Socket[] = [];
  for (let batch = 0; batch < 50; batch++) {
    const sockets = await Promise.all(Array.from({ length: 100 }, () => tryToConnect(greedy.at(target))));
    flood.push(...sockets.filter((socket) => socket !== undefined));
  }
  await daemon.complained(`Too many connections for ${greedy.name}/raw`);
  expect(await ask(modest.at(target), 'undisturbed')).toBe('undisturbed');
  for (const socket of flood) socket.destroy();
  await waitFor(async () => (await ask(greedy.at(target), 'well again').catch(() => '')) === 'well again', { what: 'room' });
  await waitFor(() => openFds() <= before, { what: 'as many descriptors as before', detail: () => `${openFds()} now, ${before} before` });
});

/** How much of an endless answer a provider can get rid of while nobody reads it. */
async function offered(writers: readonly Socket[]): Promise<number> {
  const writer = await waitFor(() => writers[0], { what: 'a session' });
  const chunk = Buffer.alloc(65_536, 'x');
  while (writer.write(chunk) || (await isTaken(writer))) if (writer.bytesWritten > tooMuch) break;
  return writer.bytesWritten - writer.writableLength;
}

const tooMuch = 64 * 1024 * 1024;

/** Whether what is queued goes away within a while; a reader that never reads has it stay. */
async function isTaken(writer: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), 500);
    writer.once('drain', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

test.each([
  ['unix', 'anything'],
  ['rest', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
])('7.2-21 over %s a client that never reads makes its provider wait, in bounded memory, and nobody else', async (type, request) => {
  const [deaf, modest, provider, daemon] = await Promise.all([startContainer('deaf'), startContainer('modest'), startContainer('provider'), runDaemon()]);
  const writers: Socket[] = [];
  await serve(provider.at('/run/example/endless.sock'), (socket) => socket.once('data', () => {
    if (type === 'rest') socket.write('HTTP/1.0 200 OK\r\n\r\n');
    writers.push(socket);
  }));
  await serve(provider.at(socketPath), echo);
  daemon.core.set([link(deaf, provider, { type, name: 'endless', socket: '/run/example/endless.sock' }), link(modest, provider)]);
  await daemon.printed(`Link established: ${modest.name}/raw`);
  const client = await tryToConnect(deaf.at(target));
  client?.pause().write(request);
  expect(await offered(writers)).toBeLessThan(8 * 1024 * 1024);
  expect(await ask(modest.at(target), 'undisturbed')).toBe('undisturbed');
});

test('7.2-24 10 000 connects and closes leave nothing behind', async () => {
  const [consumer, provider, daemon] = await Promise.all([startContainer('consumer'), startContainer('provider'), runDaemon()]);
  await serve(provider.at(socketPath), echo);
  daemon.core.set([link(consumer, provider)]);
  await daemon.printed('Link established');
  await ask(consumer.at(target), 'warm');
  const before = openFds();
  for (let round = 0; round < 10_000; round++) (await dialOnce(consumer.at(target))).destroy();
  expect(await ask(consumer.at(target), 'fine')).toBe('fine');
  await waitFor(() => openFds() <= before, { what: 'as many descriptors as before', detail: () => `${openFds()} now, ${before} before` });
});

test('7.2-24 a storm against an absent provider is answered at once, and complained of once', async () => {
  const [consumer, provider, daemon] = await Promise.all([startContainer('consumer'), startContainer('provider'), runDaemon()]);
  daemon.core.set([link(consumer, provider)]);
  await daemon.printed('Link established');
  for (let round = 0; round < 500; round++) expect(await ask(consumer.at(target), 'hello')).toBe('');
  await daemon.complained('Could not connect to provider socket');
  expect(daemon.err).toHaveLength(1);
});

/** A full backlog, which a blocking client would wait for, is tried again. */
async function dialOnce(path: string): Promise<Socket> {
  return waitFor(() => tryToConnect(path), { what: 'a connection', everyMs: 1 });
}
