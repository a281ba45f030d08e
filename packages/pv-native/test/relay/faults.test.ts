/** What is wrong with one session costs that one alone. */
import { openSync, readdirSync } from 'node:fs';
import { constants as os } from 'node:os';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, test } from 'vitest';
import { closeFd } from '../../src/fd.ts';
import { libc } from '../../src/libc.ts';
import { closeFds } from '../../src/msg.ts';
import type { EndState } from '../../src/relay/link.ts';
import { bundleRelay, own, receive, receiveAll, sendAll, startRelay, trySend } from './kit.ts';

bundleRelay();

const MSG_OOB = 1;
const send: (fd: number, bytes: Buffer, length: number, flags: number) => number = libc.func('send', 'long', ['int', 'void *', 'size_t', 'int']);

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

test('7.2-25 out-of-band bytes are not carried, and take no descriptor with them', async () => {
  const { session } = startRelay();
  const { consumer, provider } = await session();
  const file = own(openSync('/dev/null', 'r'));
  await sendAll(consumer, Buffer.alloc(20_000, 'a'));
  expect(send(consumer, Buffer.from('!'), 1, MSG_OOB)).toBe(1);
  expect(trySend(consumer, Buffer.alloc(20_000, 'b'), [file])).toBe(20_000);
  expect((await receiveAll(provider, 20_000)).equals(Buffer.alloc(20_000, 'a'))).toBe(true);
  const { bytes, fds } = await receive(provider);
  closeFds(fds);
  expect([fds.length, Buffer.concat([bytes, await receiveAll(provider, 20_000 - bytes.length)]).equals(Buffer.alloc(20_000, 'b'))]).toEqual([1, true]);
});

test('7.2-25 descriptors beside out-of-band bytes are not left open', async () => {
  const { session, counters } = startRelay();
  const { consumer, provider } = await session();
  const file = own(openSync('/dev/null', 'r'));
  await counters();
  const before = openFds();
  const until = performance.now() + 3_000;
  while (performance.now() < until && trySend(consumer, 'a', [file]) !== -os.errno.EPIPE) {
    send(consumer, Buffer.from('!'), 1, MSG_OOB);
    trySend(consumer, 'E', [file]);
    for (let taken = await receive(provider, 4096).catch(() => undefined); taken !== undefined; taken = undefined) closeFds(taken.fds);
  }
  closeFd(consumer);
  closeFd(provider);
  await waitFor(async () => (await counters()).sessions === 0, { what: 'the end' });
  expect(openFds()).toBeLessThanOrEqual(before - 2);
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
