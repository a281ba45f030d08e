/** What is wrong with one session costs that one alone. */
import { openSync, readdirSync } from 'node:fs';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, test } from 'vitest';
import { closeFd } from '../../src/fd.ts';
import type { EndState } from '../../src/relay/link.ts';
import { bundleRelay, own, receive, receiveAll, sendAll, startRelay, trySend } from './kit.ts';

bundleRelay();

const openFds = (): number => readdirSync('/proc/self/fd').length;

test('7.2-25 packets without a byte that bring descriptors end their session, and nothing leaks', async () => {
  const { session, counters } = startRelay({ type: 'seqpacket' });
  const file = own(openSync('/dev/null', 'r'));
  await counters();
  const before = openFds();
  for (let round = 0; round < 3; round += 1) {
    const { consumer, provider } = await session();
    expect(trySend(consumer, '', Array<number>(50).fill(file))).toBe(0);
    expect((await receive(provider)).bytes.length).toBe(0);
    closeFd(consumer);
    closeFd(provider);
  }
  await waitFor(async () => (await counters()).sessions === 0, { what: 'the end' });
  expect(openFds()).toBeLessThanOrEqual(before);
  expect((await counters()).lastError).toContain('a packet is empty');
});

test('a descriptor that cannot be watched costs its own session', async () => {
  const { relay, session, counters } = startRelay();
  const other = await session();
  const state = (path: string): EndState => ({ fd: openSync(path, 'r'), readEnded: false, writeEnding: false, writeEnded: false, waiting: [] });
  relay.resume(1, [{ consumer: state('/etc/passwd'), provider: state('/etc/passwd') }]);
  await waitFor(async () => (await counters()).lastError, { what: 'its end' });
  expect(await counters()).toMatchObject({ sessions: 1, lastError: expect.stringContaining('fault: EPERM') });
  await sendAll(other.consumer, Buffer.from('undisturbed'));
  expect((await receiveAll(other.provider, 11)).toString()).toBe('undisturbed');
});
