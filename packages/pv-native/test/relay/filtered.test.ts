/** What a filter has said goes out whole, whatever its reader and its sender do meanwhile. */
import { constants as os } from 'node:os';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, test } from 'vitest';
import { closeFd } from '../../src/fd.ts';
import { shutdownWrite } from '../../src/socket.ts';
import { bundleRelay, receive, receiveAll, sendAll, startRelay, type TestRelay, trySend } from './kit.ts';

bundleRelay();

/** More than a socket holds. */
const length = 600_000;
const brief = (): TestRelay => startRelay({ filter: { kind: 'brief', spec: length } });

/** A session whose last answer waits in the relay, for a consumer that has read nothing yet. */
async function answered({ session, counters }: TestRelay): Promise<{ consumer: number; provider: number }> {
  const ends = await session();
  const { bytesToConsumer } = await counters();
  trySend(ends.provider, 'go');
  await waitFor(async () => (await counters()).bytesToConsumer === bytesToConsumer + length, { what: 'the answer' });
  return ends;
}

/** What happened before is seen: the second answer comes after the events of the turn in which the first was asked for. */
async function settled({ counters }: TestRelay): Promise<void> {
  await counters();
  await counters();
}

test('what waits for one session is not what another one sends meanwhile', async () => {
  const { session, counters } = startRelay({ filter: { kind: 'sharing', spec: undefined } });
  const slow = await session();
  let sent = 0;
  await waitFor(() => {
    const count = trySend(slow.provider, Buffer.alloc(65_536, 'a'));
    if (count > 0) sent += count;
    return count === -os.errno.EAGAIN;
  }, { what: 'the sender to be held back' });
  await waitFor(async () => (await counters()).bytesToConsumer > sent / 2, { what: 'bytes that wait' });
  const quick = await session();
  const other = Buffer.alloc(200_000, 'b');
  await Promise.all([sendAll(quick.provider, other), receiveAll(quick.consumer, other.length)]);
  expect((await receiveAll(slow.consumer, sent)).equals(Buffer.alloc(sent, 'a'))).toBe(true);
});

test('7.2-23 the last answer arrives whole though the provider has closed', async () => {
  const relay = brief();
  const { consumer, provider } = await answered(relay);
  closeFd(provider);
  await settled(relay);
  expect((await receiveAll(consumer)).length).toBe(length);
});

test('7.2-23 the last answer arrives whole though its reader has said that it sends no more', async () => {
  const relay = brief();
  const { consumer } = await answered(relay);
  shutdownWrite(consumer);
  await settled(relay);
  expect((await receiveAll(consumer)).length).toBe(length);
  await waitFor(async () => (await relay.counters()).sessions === 0, { what: 'the end' });
});

test('7.2-23 the last answer arrives whole though its reader goes on sending', async () => {
  const relay = brief();
  const { consumer } = await answered(relay);
  await sendAll(consumer, Buffer.alloc(1_000_000));
  expect((await receiveAll(consumer)).length).toBe(length);
});

test('7.2-23 a reader that takes its time is not cut off; one that has read all and stays is', async () => {
  const relay = brief();
  const slow = await answered(relay);
  const stays = await answered(relay);
  expect((await receiveAll(stays.consumer)).length).toBe(length);
  // When this one is cut, the patience that began earlier would be over too.
  await waitFor(() => trySend(stays.consumer, 'x') === -os.errno.EPIPE, { what: 'the end of the one that stays' });
  expect((await relay.counters()).sessions).toBe(1);
  expect((await receiveAll(slow.consumer)).length).toBe(length);
});

test('7.2-23 a reader that goes before it has read the last answer ends its session', async () => {
  const relay = brief();
  const { consumer, provider } = await answered(relay);
  closeFd(consumer);
  expect((await receive(provider)).bytes.length).toBe(0);
  await waitFor(async () => (await relay.counters()).sessions === 0, { what: 'the end' });
});

test('what is refused while a removed link drains is told, and so is what was refused just before it went', async () => {
  const { relay, session, counters, events } = startRelay({ filter: { kind: 'strict', spec: undefined } });
  const { consumer } = await session();
  relay.remove(1, 60_000);
  await expect(counters()).rejects.toThrow('the link is gone');
  await sendAll(consumer, Buffer.from('in between'));
  await waitFor(() => events.some(({ kind }) => kind === 'refused'), { what: 'the refusal' });
  expect(events).toContainEqual({ kind: 'refused', link: 1, text: 'in between', count: 1 });
  const other = startRelay({ filter: { kind: 'strict', spec: undefined } });
  const last = await other.session();
  await sendAll(last.consumer, Buffer.from('at the end'));
  await waitFor(async () => (await other.counters()).refused === 1, { what: 'the refusal' });
  await new Promise<void>((resolve) => other.relay.remove(1, 0, resolve));
  expect(other.events).toContainEqual({ kind: 'refused', link: 1, text: 'at the end', count: 1 });
});
