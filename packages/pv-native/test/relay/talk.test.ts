/** Providers that are talked to before the first session: this file plays one on bare descriptors. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, onTestFinished, test } from 'vitest';
import { closeFd } from '../../src/fd.ts';
import { MessageBuffer } from '../../src/msg.ts';
import { LinkBooks, relayLimits } from '../../src/relay/books.ts';
import { Entrance } from '../../src/relay/entrance.ts';
import { Loop } from '../../src/relay/loop.ts';
import { Pipes } from '../../src/relay/pipes.ts';
import { talkLimits } from '../../src/relay/talker.ts';
import { acceptUnix } from '../../src/socket.ts';
import { tempDir } from '../temp.ts';
import { accepted, bundleRelay, own, receive, receiveAll, sendAll, startRelay, type TestLink, type TestRelay, trySend } from './kit.ts';

bundleRelay();

/** `held`: of one consumer, who waits. */
async function knocked(more: TestLink = {}): Promise<TestRelay & { talk: number; door: number; held: number; directory: string }> {
  const directory = tempDir();
  const relay = startRelay({ talk: { kind: 'doorman', spec: directory }, ...more });
  const held = relay.dial();
  return { ...relay, held, directory, ...(await nextKnock(relay)) };
}

async function nextKnock({ listener }: Pick<TestRelay, 'listener'>): Promise<{ talk: number; door: number }> {
  const talk = await accepted(listener);
  const { bytes, fds } = await receive(talk);
  expect([bytes.toString(), fds.length]).toEqual(['knock', 1]);
  return { talk, door: own(fds[0] ?? -1) };
}

async function echoes(consumer: number, provider: number): Promise<void> {
  trySend(consumer, 'ping');
  expect((await receive(provider)).bytes.toString()).toBe('ping');
  trySend(provider, 'pong');
  expect((await receive(consumer)).bytes.toString()).toBe('pong');
}

const ended = async (fd: number): Promise<void> => expect((await receive(fd)).bytes.toString()).toBe('');
const openFiles = (): number => readdirSync('/proc/self/fd').length;

test('who comes while it lasts waits, then everybody comes through the door, which no path leads to', async () => {
  const { listener, talk, door, held, dial, counters, directory, events } = await knocked();
  const second = dial();
  trySend(held, 'early');
  expect(await counters()).toMatchObject({ sessions: 0, accepted: 0 });
  expect((await counters()).ownDoor).toBeUndefined();
  expect(Math.max(acceptUnix(listener), acceptUnix(door))).toBeLessThan(0);
  expect(readdirSync(directory)).toEqual([]);
  trySend(talk, 'yes');
  const first = await accepted(door);
  expect((await receive(first)).bytes.toString()).toBe('early');
  await echoes(held, first);
  await echoes(second, await accepted(door));
  await echoes(dial(), await accepted(door));
  expect(acceptUnix(listener)).toBeLessThan(0);
  expect(await counters()).toMatchObject({ sessions: 3, accepted: 3, ownDoor: true });
  await waitFor(() => events.some((event) => event.kind === 'note' && event.text === 'a door'), { what: 'a line' });
});

test('a provider without doors is dialled at its own socket, and is not asked again', async () => {
  const { listener, talk, held, dial, counters } = await knocked();
  trySend(talk, 'no');
  await echoes(held, await accepted(listener));
  await echoes(dial(), await accepted(listener));
  expect(await counters()).toMatchObject({ ownDoor: false, sessions: 2 });
});

test('when the connection of the talk ends there is another provider, which is asked anew; sessions go on', async () => {
  const relay = await knocked();
  trySend(relay.talk, 'yes');
  const old = await accepted(relay.door);
  await echoes(relay.held, old);
  closeFd(relay.talk);
  closeFd(relay.door);
  await waitFor(async () => (await relay.counters()).ownDoor === undefined, { what: 'the end of the door' });
  const next = relay.dial();
  const { talk, door } = await nextKnock(relay);
  trySend(talk, 'yes');
  await echoes(next, await accepted(door));
  await echoes(relay.held, old);
});

test('a door behind which nobody listens is given up', async () => {
  const relay = await knocked();
  trySend(relay.talk, 'yes');
  await echoes(relay.held, await accepted(relay.door));
  closeFd(relay.door);
  await ended(relay.dial());
  expect(await relay.counters()).toMatchObject({ lastError: 'Connection refused' });
  relay.dial();
  await nextKnock(relay);
});

test.each([
  ['fails', (talk: number) => void trySend(talk, 'never'), 'doorman: never'],
  ['is at fault', (talk: number) => void trySend(talk, 'what?'), 'doorman: a fault in the talk'],
  ['is cut off', (talk: number) => closeFd(talk), 'doorman: it closes the connection'],
  ['never ends', (talk: number) => sendAll(talk, Buffer.alloc(talkLimits.bytes, 'x')), 'doorman: it says more than 256 KiB'],
  ['is met by silence', () => undefined, 'doorman: it does not answer within 5 s'],
])('when the talk %s nobody is let in, and the next one begins another', async (_what, answer: (talk: number) => void | Promise<void>, reason) => {
  const relay = await knocked();
  const second = relay.dial();
  await answer(relay.talk);
  await Promise.all([ended(relay.held), ended(second)]);
  expect(await relay.counters()).toMatchObject({ sessions: 0, accepted: 0, lastError: reason });
  const next = relay.dial();
  const { talk, door } = await nextKnock(relay);
  trySend(talk, 'yes');
  await echoes(next, await accepted(door));
});

test('a talk that cannot even begin lets nobody in, and costs nobody else anything', async () => {
  const { dial, counters } = startRelay({ talk: { kind: 'doorman', spec: '/nowhere' } });
  await counters();
  const before = openFiles();
  await ended(dial());
  await waitFor(() => openFiles() <= before + 1, { what: 'no descriptor but the one that dialled' });
  expect(await counters()).toMatchObject({ sessions: 0, lastError: expect.stringContaining('doorman: ENOENT') });
  await ended(dial());
});

test('one that babbles on after it has agreed is asked anew, and costs no session', async () => {
  const relay = await knocked();
  trySend(relay.talk, 'yes');
  const session = await accepted(relay.door);
  await sendAll(relay.talk, Buffer.alloc(talkLimits.bytes, 'x'));
  await waitFor(async () => (await relay.counters()).ownDoor === undefined, { what: 'the end of the talk' });
  await echoes(relay.held, session);
  relay.dial();
  await nextKnock(relay);
});

test('those who wait are as few as sessions may be, and descriptors that the provider sends are not kept', async () => {
  const relay = await knocked();
  const callers = Array.from({ length: relayLimits.sessions + 5 }, () => relay.dial());
  await waitFor(() => relay.events.some(({ kind }) => kind === 'crowded'), { what: 'a crowd' });
  const before = openFiles();
  for (let round = 0; round < 20; round += 1) trySend(relay.talk, 'x', Array.from({ length: 10 }, () => relay.door));
  trySend(relay.talk, 'yes');
  await waitFor(async () => (await relay.counters()).accepted === relayLimits.sessions, { what: 'the sessions' });
  expect(openFiles() - before).toBeLessThanOrEqual(relayLimits.sessions + 5);
  expect(callers).toHaveLength(relayLimits.sessions + 5);
});

test('a provider that dies during the talk, or is taken away, leaves nobody waiting', async () => {
  const child = spawn('sleep', ['60']);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  const dying = await knocked({ pid: child.pid ?? 0 });
  child.kill('SIGKILL');
  await ended(dying.held);
  await ended(dying.talk);
  const left = await knocked();
  left.relay.useProvider(1, undefined);
  await ended(left.held);
  await ended(left.talk);
  expect(await left.counters()).toMatchObject({ lastError: 'the provider does not run' });
});

test('a link that goes during the talk takes the talk and those who wait with it; one that goes later lets sessions drain', async () => {
  const during = await knocked();
  during.relay.remove(1, 0);
  await Promise.all([ended(during.held), ended(during.talk)]);
  const later = await knocked();
  trySend(later.talk, 'yes');
  const session = await accepted(later.door);
  later.relay.remove(1, 60_000);
  await ended(later.talk);
  await echoes(later.held, session);
});

test('who waits is handed over to the next relay as one who has just come', async () => {
  const relay = await knocked();
  trySend(relay.held, 'early');
  const sessions = (await relay.relay.handOver(0)).get(1) ?? [];
  expect(sessions).toMatchObject([{ consumer: { readEnded: false, waiting: [] } }]);
  expect(sessions[0]?.provider).toBeUndefined();
  trySend(relay.talk, 'yes');
  expect((await receiveAll(own(sessions[0]?.consumer.fd ?? -1), 0)).length).toBe(0);
  expect(acceptUnix(relay.door)).toBeLessThan(0);
});

test('a link whose talk nobody made is not served', () => {
  const link = { id: 1, listenFd: -1, socketType: 'stream', path: '/back', own: { dev: '1', ino: '1' }, talk: { kind: 'unknown', spec: '' } } as const;
  const buffer = new MessageBuffer(1);
  const nothing = (): void => undefined;
  const make = (): Entrance => new Entrance(link, { loop: new Loop(), buffers: { incoming: buffer, outgoing: buffer, pipes: new Pipes() }, books: new LinkBooks(1, nothing), talks: new Map(), onAgreed: nothing, onFailed: nothing });
  expect(make).toThrow("there is no talk of kind 'unknown'");
});
