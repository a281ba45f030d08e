/** Many bytes go from one socket to the other through a pipe, uncopied; see pipes.ts. */
import { readdirSync, readlinkSync } from 'node:fs';
import { constants as os } from 'node:os';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, test } from 'vitest';
import { closeFd } from '../../src/fd.ts';
import { Pipes } from '../../src/relay/pipes.ts';
import { withDescriptors } from '../limits.ts';
import { bundleRelay, receive, receiveAll, sendAll, startRelay, type TestRelay, trySend } from './kit.ts';

bundleRelay();

/** More than fits the sockets on both sides, so the rest waits in the relay. */
const much = 600_000;
/** Different for each `seed`, and never the same again after a buffer's length. */
const pattern = (seed: number, length = much): Buffer => Buffer.from(Uint32Array.from({ length: length / 4 }, (_, index) => seed * 1_000_000 + index).buffer);

/** This process's, the relay's thread included. */
function pipeEnds(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('pipe:');
    } catch {
      return false;
    }
  }).length;
}

/** Sends without anybody reading, until nothing more is taken. */
async function fill(fd: number, bytes: Buffer): Promise<number> {
  let [sent, refusals] = [0, 0];
  await waitFor(() => {
    const count = trySend(fd, bytes.subarray(sent, sent + 65536));
    sent += Math.max(0, count);
    refusals = count === -os.errno.EAGAIN ? refusals + 1 : 0;
    return refusals > 5 ? true : undefined;
  }, { what: 'the sender to be held back' });
  return sent;
}

const moved = async ({ counters }: TestRelay): Promise<number> => (await counters()).bytesToProvider;

test('each of more sessions than there are pipes gets its own bytes, whole and in order, though all their readers are slow', async () => {
  const relay = startRelay();
  // A thread has some of its own.
  await relay.counters();
  const before = pipeEnds();
  const sessions: { consumer: number; provider: number }[] = [];
  // One after the other, so that the two ends belong together.
  while (sessions.length < 70) sessions.push(await relay.session());
  const sent = await Promise.all(sessions.map(({ consumer }, index) => fill(consumer, pattern(index))));
  expect(pipeEnds() - before).toBe(2 * 64);
  for (const count of sent) expect(count).toBeLessThan(much);
  const got = await Promise.all(sessions.map(async ({ consumer, provider }, index) => {
    const [, bytes] = await Promise.all([sendAll(consumer, pattern(index).subarray(sent[index])), receiveAll(provider, much)]);
    return bytes.equals(pattern(index));
  }));
  expect(got).toEqual(sessions.map(() => true));
  expect(await moved(relay)).toBe(70 * much);
  expect(pipeEnds() - before).toBeLessThanOrEqual(2 * 16);
});

test('what a pipe holds is handed over before the rest', async () => {
  const relay = startRelay();
  const { consumer, provider } = await relay.session();
  const sent = await fill(consumer, pattern(1));
  const states = (await relay.relay.handOver(0)).get(1) ?? [];
  expect(states.map((state) => state.provider?.waiting.map(({ bytes }) => bytes.length > 0))).toEqual([[true]]);
  const next = startRelay();
  next.relay.resume(1, states);
  const [, got] = await Promise.all([sendAll(consumer, pattern(1).subarray(sent)), receiveAll(provider, much)]);
  expect(got.equals(pattern(1))).toBe(true);
});

test('7.2-23 what a pipe holds for a reader that is gone is lost with it, and its sender gets EPIPE', async () => {
  const relay = startRelay();
  const bystander = await relay.session();
  const before = pipeEnds();
  for (let round = 0; round < 5; round += 1) {
    const { consumer, provider } = await relay.session();
    await fill(consumer, pattern(round));
    closeFd(provider);
    await waitFor(() => trySend(consumer, 'x') === -os.errno.EPIPE, { what: 'EPIPE' });
    closeFd(consumer);
  }
  expect(pipeEnds() - before).toBeLessThanOrEqual(2);
  await sendAll(bystander.consumer, pattern(99));
  expect((await receiveAll(bystander.provider, much)).equals(pattern(99))).toBe(true);
});

test('7.2-23 the end of the stream comes after what a pipe holds', async () => {
  const { session } = startRelay();
  const { consumer, provider } = await session();
  const sent = await fill(consumer, pattern(2));
  closeFd(consumer);
  expect((await receiveAll(provider)).equals(pattern(2).subarray(0, sent))).toBe(true);
});

test('7.2-22 without descriptors for a pipe the bytes are copied', async () => {
  const { session } = startRelay();
  const { consumer, provider } = await session();
  const before = pipeEnds();
  await withDescriptors(0, async () => {
    const [, got] = await Promise.all([sendAll(consumer, pattern(3)), receiveAll(provider, much)]);
    expect(got.equals(pattern(3))).toBe(true);
    expect(trySend(provider, 'an answer')).toBe(9);
    expect((await receive(consumer)).bytes.toString()).toBe('an answer');
  });
  expect(pipeEnds()).toBe(before);
});

test('a kernel that cannot do it is asked once', () => {
  const pipes = new Pipes();
  const [first, second] = [pipes.take(), pipes.take()];
  pipes.giveUp();
  first?.release();
  second?.release();
  expect([first === second, pipes.take()]).toEqual([false, undefined]);
});
