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
