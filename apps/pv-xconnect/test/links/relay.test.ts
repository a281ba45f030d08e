import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { listenUnix } from '@pv/pv-native/socket';
import { systemClock } from '@pv/runtime/clock';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, onTestFinished, test } from 'vitest';
import type { Reached } from '../../src/links/reach.ts';
import { createRelay, maxSessions, type Relay } from '../../src/links/relay.ts';
import { tempDir } from '../kit/cleanup.ts';
import { ask, dial, echo, readAll, serve } from '../kit/sockets.ts';

interface TestRelay {
  readonly relay: Relay;
  readonly path: string;
  readonly events: string[];
}

async function relayTo(reach: (provider: string) => Promise<Reached>, onConnection: (socket: Socket) => void = echo): Promise<TestRelay> {
  const directory = tempDir();
  const [path, provider] = [join(directory, 'front'), join(directory, 'back')];
  await serve(provider, onConnection);
  const events: string[] = [];
  const relay = createRelay(listenUnix(path, { mode: 0o666 }), {
    reach: () => reach(provider), clock: systemClock,
    onConnected: () => events.push('connected'), onAbsent: (reason) => events.push(reason), onCrowded: () => events.push('crowded'),
  });
  onTestFinished(() => relay.close());
  return { relay, path, events };
}

async function reachBack(provider: string): Promise<Reached> {
  const socket = connect({ path: provider, allowHalfOpen: true });
  await once(socket, 'connect');
  return { kind: 'connected', socket };
}

test('beyond the cap connections are closed at once, the others live, and the room comes back', async () => {
  const { relay, path, events } = await relayTo(reachBack);
  const clients = await Promise.all(Array.from({ length: maxSessions }, () => dial(path)));
  await waitFor(() => relay.sessions() === maxSessions, { what: 'all sessions' });
  expect(await ask(path, 'one too many')).toBe('');
  expect(events.at(-1)).toBe('crowded');
  const [first, ...others] = clients;
  first?.end('still fine');
  expect((await readAll(first as Socket)).toString()).toBe('still fine');
  for (const client of others) client.destroy();
  await waitFor(() => relay.sessions() === 0, { what: 'room' });
  expect(await ask(path, 'welcome')).toBe('welcome');
});

test('when the provider is absent the connection is closed at once, and nothing stays behind', async () => {
  const { relay, path, events } = await relayTo(async () => ({ kind: 'absent', reason: 'not there' }));
  const before = readdirSync('/proc/self/fd').length;
  for (let round = 0; round < 50; round++) expect(await ask(path, 'hello')).toBe('');
  expect([events.length, relay.sessions()]).toEqual([50, 0]);
  await waitFor(() => readdirSync('/proc/self/fd').length <= before, { what: 'as many descriptors as before' });
});

test('nothing that was sent before the provider was reached is lost', async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const { path } = await relayTo(async (provider) => gate.then(() => reachBack(provider)));
  const client = await dial(path);
  client.end('early');
  await new Promise((resolve) => setImmediate(resolve));
  release();
  expect((await readAll(client)).toString()).toBe('early');
});

test('closing ends the sessions, also one that is still being made', async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  let waiting = false;
  const { relay, path } = await relayTo(async (provider) => {
    if (relay.sessions() === 1) return reachBack(provider);
    waiting = true;
    return gate.then(() => reachBack(provider));
  });
  const established = await dial(path);
  established.write('ping');
  await once(established, 'data');
  const early = await dial(path);
  await waitFor(() => waiting, { what: 'the second connection' });
  relay.close();
  expect((await readAll(early)).length).toBe(0);
  release();
  await waitFor(() => established.readableEnded && relay.sessions() === 0, { what: 'the end of both' });
});
