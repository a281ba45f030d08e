/** How sessions end that do not end in the usual way. */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, onTestFinished, test } from 'vitest';
import { startContainer, type Container } from './kit/container.ts';
import { link, runDaemon, type TestDaemon } from './kit/daemon.ts';
import { ask, dial, echo, readAll, serve } from './kit/sockets.ts';

const target = '/run/pv/services/raw.sock';

/** One link to the provider for each of the services, at `/run/in/<name>`. */
async function mesh(services: Readonly<Record<string, (socket: Socket) => void>>): Promise<{ at: (name: string) => string; daemon: TestDaemon; consumer: Container; provider: Container }> {
  const [consumer, provider, daemon] = await Promise.all([startContainer('consumer'), startContainer('provider'), runDaemon({ lingerMs: 3_000 })]);
  for (const [name, onConnection] of Object.entries(services)) await serve(provider.at(`/run/example/${name}`), onConnection);
  daemon.core.set(Object.keys(services).map((name) => link(consumer, provider, { name, socket: `/run/example/${name}`, target: `${target}/${name}` })));
  for (const name of Object.keys(services)) await daemon.printed(`Link established: ${consumer.name}/${name}`);
  return { at: (name) => consumer.at(`${target}/${name}`), daemon, consumer, provider };
}

const openFds = (): number => readdirSync('/proc/self/fd').length;

/** It has shut its side, and was heard. */
async function halfOpen(path: string): Promise<Socket> {
  const socket = await dial(path);
  socket.end('a request');
  return socket;
}

test('7.1-7 7.2-23 half-open sessions of a provider that never closes are gone some time after their last byte; a download that goes on, and a session that is open both ways, stay', async () => {
  const silent: Socket[] = [];
  const downloads: Socket[] = [];
  const { at } = await mesh({ silent: (socket) => silent.push(socket.resume()), download: (socket) => downloads.push(socket.resume()), echo });
  const open = await dial(at('echo'));
  const before = openFds();
  const left = await Promise.all(Array.from({ length: 20 }, () => halfOpen(at('silent'))));
  const download = await halfOpen(at('download'));
  const source = await waitFor(() => (silent.filter(({ readableEnded }) => readableEnded).length === left.length ? downloads[0] : undefined), { what: 'all requests' });
  let [sent, got] = [0, 0];
  download.on('data', (chunk: Buffer) => (got += chunk.length));
  const dripping = setInterval(() => source.write('x', () => (sent += 1)), 100);
  onTestFinished(() => clearInterval(dripping));
  const ends = left.map((socket) => readAll(socket));
  await waitFor(() => left.every(({ readableEnded }) => readableEnded), { what: 'the end of the half-open sessions', timeoutMs: 60_000, everyMs: 200 });
  expect((await Promise.all(ends)).map(({ length }) => length)).toEqual(left.map(() => 0));
  for (const socket of [...left, ...silent]) socket.destroy();
  clearInterval(dripping);
  const ended = once(download, 'end');
  source.end();
  await ended;
  expect([got, got > 0]).toEqual([sent, true]);
  download.destroy();
  open.end('still there');
  expect((await readAll(open)).toString()).toBe('still there');
  await waitFor(() => openFds() <= before, { what: 'as many descriptors as before', detail: () => `${openFds()} now, ${before} before` });
});

test('7.2-23 a reset in the middle of a stream, by either side, ends that session alone', async () => {
  const torn: Socket[] = [];
  const provided: Socket[] = [];
  const { at, daemon } = await mesh({
    // Closed with bytes unread: a reset.
    tearing: (socket) => socket.pause().write('the beginning', () => torn.push(socket)),
    endless: (socket) => provided.push(socket),
    echo,
  });
  const other = await dial(at('echo'));
  await ask(at('echo'), 'warm');
  const before = openFds();

  const victim = await dial(at('tearing'));
  victim.write(Buffer.alloc(4_000_000));
  const provider = await waitFor(() => torn[0], { what: 'a provider that has begun' });
  const heard = readAll(victim);
  provider.destroy();
  expect('the beginning'.startsWith((await heard).toString())).toBe(true);
  victim.destroy();

  const leaver = (await dial(at('endless'))).pause();
  const writer = await waitFor(() => provided[0], { what: 'a provider that writes' });
  writer.on('drain', () => writer.write(Buffer.alloc(1_000_000))).write(Buffer.alloc(4_000_000));
  await once(leaver, 'readable');
  leaver.destroy();
  await waitFor(() => writer.destroyed, { what: 'the provider to hear of it' });

  other.end('undisturbed');
  expect((await readAll(other)).toString()).toBe('undisturbed');
  other.destroy();
  await waitFor(() => openFds() < before, { what: 'fewer descriptors than before', detail: () => `${openFds()} now, ${before} before\n${daemon.err.join('\n')}` });
});
