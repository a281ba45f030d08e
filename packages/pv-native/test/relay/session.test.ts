import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { constants as os } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, onTestFinished, test } from 'vitest';
import { closeFd } from '../../src/fd.ts';
import { closeFds } from '../../src/msg.ts';
import { relayLimits } from '../../src/relay/books.ts';
import { shutdownWrite } from '../../src/socket.ts';
import { tempDir } from '../temp.ts';
import { accepted, bundleRelay, own, receive, receiveAll, sendAll, startRelay, trySend } from './kit.ts';

bundleRelay();

const pattern = (length: number): Buffer => Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff));

function files(count: number): number[] {
  const directory = tempDir();
  return Array.from({ length: count }, (_, index) => {
    writeFileSync(join(directory, `f${index}`), `content ${index}`);
    return openSync(join(directory, `f${index}`), 'r');
  });
}

test('bytes arrive as they were sent, both ways at once', async () => {
  const { session } = startRelay();
  const { consumer, provider } = await session();
  const [up, down] = [pattern(3_000_001), pattern(2_000_003)];
  const [, , gotUp, gotDown] = await Promise.all([sendAll(consumer, up), sendAll(provider, down), receiveAll(provider, up.length), receiveAll(consumer, down.length)]);
  expect([gotUp.equals(up), gotDown.equals(down)]).toEqual([true, true]);
});

test('7.2-25 253 descriptors in one message arrive, in order, as the same files', async () => {
  const { session, counters } = startRelay();
  const { consumer, provider } = await session();
  const sent = files(253);
  expect(trySend(consumer, 'x', sent)).toBe(1);
  const { bytes, fds } = await receive(provider);
  expect([bytes.toString(), fds.length]).toEqual(['x', 253]);
  expect(fds.map((fd) => readlinkSync(`/proc/self/fd/${fd}`))).toEqual(sent.map((fd) => readlinkSync(`/proc/self/fd/${fd}`)));
  expect((await counters()).descriptors).toBe(253);
  closeFds([...fds, ...sent]);
});

test.each([[0, 5], [1, 1], [10, 1], [5000, 300], [5000, 60_000], [70_000, 2], [200_000, 1]])('7.2-25 after %i plain bytes a descriptor comes with the first of the next %i, not before', async (plain, rest) => {
  const { session } = startRelay();
  const { consumer, provider } = await session();
  const [fd = -1] = files(1);
  if (plain > 0) await sendAll(consumer, pattern(plain));
  expect(trySend(consumer, Buffer.alloc(rest, 'F'), [fd])).toBe(rest);
  closeFd(fd);
  if (plain > 0) expect((await receiveAll(provider, plain)).length).toBe(plain);
  const { bytes, fds } = await receive(provider);
  closeFds(fds);
  const more = await receiveAll(provider, rest - bytes.length);
  expect([fds.length, Buffer.concat([bytes, more]).equals(Buffer.alloc(rest, 'F'))]).toEqual([1, true]);
});

test('7.2-25 each of many messages keeps its own descriptors', async () => {
  const { session } = startRelay();
  const { consumer, provider } = await session();
  const sent = files(20);
  for (const [index, fd] of sent.entries()) expect(trySend(consumer, `m${index},`.padEnd(index + 4, '.'), index % 3 === 0 ? [] : [fd])).toBeGreaterThan(0);
  closeFds(sent);
  let text = '';
  const positions: number[] = [];
  while (!text.includes('m19,')) {
    const { bytes, fds } = await receive(provider, 1);
    if (fds.length > 0) positions.push(text.length);
    expect(fds.length).toBeLessThanOrEqual(1);
    text += bytes.toString();
    closeFds(fds);
  }
  const starts = Array.from({ length: 20 }, (_, index) => index).filter((index) => index % 3 !== 0).map((index) => text.indexOf(`m${index},`));
  expect(positions).toEqual(starts);
});

test('7.2-25 descriptors that nobody consumes are bounded, cost their own session, and do not leak', async () => {
  const { session, events, counters } = startRelay();
  await counters();
  const before = openFds();
  const { consumer, provider } = await session();
  const [fd = -1] = files(1);
  const many = Array.from({ length: 253 }, () => fd);
  await waitFor(() => trySend(consumer, Buffer.alloc(4096), many) < 0, { what: 'a full way' });
  closeFd(provider);
  closeFd(consumer);
  await waitFor(async () => (await counters()).sessions === 0, { what: 'the end' });
  closeFd(fd);
  await waitFor(() => openFds() <= before, { what: 'as many descriptors as before' });
  expect(events.filter(({ kind }) => kind === 'crowded')).toEqual([]);
});

test('7.2-23 a half-close is passed on after everything before it, and 8 MiB come back complete', async () => {
  const { session } = startRelay();
  const { consumer, provider } = await session();
  await sendAll(consumer, Buffer.from('request'));
  shutdownWrite(consumer);
  expect((await receiveAll(provider)).toString()).toBe('request');
  const reply = pattern(8 * 1024 * 1024);
  const sending = sendAll(provider, reply).then(() => closeFd(provider));
  expect((await receiveAll(consumer)).equals(reply)).toBe(true);
  await sending;
});

test('7.2-21 a reader that never reads holds back its sender, and no other session', async () => {
  const { session } = startRelay();
  const slow = await session();
  let offered = 0;
  await waitFor(() => {
    const count = trySend(slow.provider, Buffer.alloc(65536));
    if (count > 0) offered += count;
    return count < 0 ? true : undefined;
  }, { what: 'the sender to be held back' });
  expect(offered).toBeLessThan(4 * 1024 * 1024);
  const other = await session();
  await sendAll(other.consumer, Buffer.from('ping'));
  expect((await receiveAll(other.provider, 4)).toString()).toBe('ping');
  expect((await receiveAll(slow.consumer, offered)).length).toBe(offered);
});

test('7.2-23 when the reader is gone its sender gets EPIPE, after what it had sent before was delivered', async () => {
  const { session } = startRelay();
  const { consumer, provider } = await session();
  await sendAll(provider, Buffer.from('last words'));
  closeFd(provider);
  expect((await receiveAll(consumer)).toString()).toBe('last words');
  await waitFor(() => trySend(consumer, 'x') === -os.errno.EPIPE, { what: 'EPIPE' });
});

test('7.2-23 a closed consumer closes the provider, and the other way round', async () => {
  const { session, counters } = startRelay();
  const [first, second] = [await session(), await session()];
  closeFd(first.consumer);
  closeFd(second.provider);
  expect([(await receiveAll(first.provider)).length, (await receiveAll(second.consumer)).length]).toEqual([0, 0]);
  closeFd(first.provider);
  await waitFor(async () => (await counters()).sessions === 0, { what: 'both ends' });
});

test('packets keep their borders and their descriptors', async () => {
  const { session } = startRelay({ type: 'seqpacket' });
  const { consumer, provider } = await session();
  const [fd = -1] = files(1);
  const packets = [Buffer.from('one'), pattern(60_000), Buffer.from('three')];
  for (const [index, packet] of packets.entries()) expect(trySend(consumer, packet, index === 2 ? [fd] : [])).toBe(packet.length);
  for (const [index, packet] of packets.entries()) {
    const { bytes, fds } = await receive(provider);
    expect([bytes.equals(packet), fds.length]).toEqual([true, index === 2 ? 1 : 0]);
    closeFds(fds);
  }
});

test('a provider of another socket type is named, with the key to set', async () => {
  const { dial, events, root } = startRelay({ path: '/packets' });
  const { listenUnix } = await import('../../src/socket.ts');
  own(listenUnix(join(root, 'packets'), { mode: 0o666, type: 'seqpacket' }));
  expect((await receive(dial())).bytes.length).toBe(0);
  await waitFor(() => events.length > 0, { what: 'an event' });
  expect(events[0]).toMatchObject({ kind: 'absent', text: expect.stringContaining('"socket_type"') });
});

test('7.2-22 sessions beyond the cap wait, and get their turn', async () => {
  const { session, dial, listener, counters, events } = startRelay();
  const open = [];
  for (let index = 0; index < relayLimits.sessions; index++) open.push(await session());
  const late = dial();
  expect(trySend(late, 'patient')).toBe(7);
  await waitFor(() => events.some(({ kind }) => kind === 'crowded'), { what: 'the word that it is crowded' });
  expect((await counters()).sessions).toBe(relayLimits.sessions);
  closeFd(open[0]?.consumer ?? -1);
  expect((await receiveAll(await accepted(listener), 7)).toString()).toBe('patient');
});

test('7.2-24 a full backlog of the provider is waited for', async () => {
  const { dial, listener } = startRelay({ backlog: 1 });
  // Few, since each try lets in two.
  const clients = Array.from({ length: 6 }, () => dial());
  for (const client of clients) trySend(client, 'me too');
  const answered = [];
  while (answered.length < clients.length) answered.push((await receiveAll(await accepted(listener), 6)).toString());
  expect(answered).toEqual(clients.map(() => 'me too'));
});

test('7.2-15 sessions of a provider that died end, though somebody else still holds its sockets', async () => {
  const child = spawn('sleep', ['1000']);
  onTestFinished(() => void child.kill('SIGKILL'));
  const { session, counters, dial } = startRelay({ pid: child.pid ?? -1 });
  const { consumer } = await session();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect((await receiveAll(consumer)).length).toBe(0);
  await waitFor(async () => (await counters()).sessions === 0, { what: 'the end' });
  expect((await receive(dial())).bytes.length).toBe(0);
  expect((await counters()).lastError).toBe('the provider does not run');
});

test('a removed link ends its sessions at once, or lets them drain', async () => {
  const { relay, session } = startRelay();
  const { consumer, provider } = await session();
  relay.remove(1, 60_000);
  await sendAll(consumer, Buffer.from('still here'));
  expect((await receiveAll(provider, 10)).toString()).toBe('still here');
  const other = startRelay();
  const ends = await other.session();
  other.relay.remove(1, 0);
  expect((await receiveAll(ends.consumer)).length).toBe(0);
});

test('the provider sees the uid and gid that it is to be reached under, and no other groups', async () => {
  const { session } = startRelay({ connectAs: { uid: 65534, gid: 65533 } });
  const { provider } = await session();
  // SO_PEERCRED and SO_PEERGROUPS.
  const script = 'open(S, "+<&=3") or die; printf "%d %d, %d bytes of groups", (unpack("iii", getsockopt(S, 1, 17)))[1, 2], length(getsockopt(S, 1, 59))';
  expect(execFileSync('perl', ['-e', script], { stdio: ['ignore', 'pipe', 'inherit', provider] }).toString()).toBe('65534 65533, 0 bytes of groups');
  expect(readFileSync('/proc/self/status', 'utf8')).toMatch(/^Uid:\t0\t0\t0\t0$/m);
});

test('a filter changes bytes, greets, answers for an absent provider, and its fault ends its session only', async () => {
  const loud = startRelay({ filter: { kind: 'loud', spec: undefined } });
  const ends = await loud.session();
  await sendAll(ends.consumer, Buffer.from('hello'));
  expect((await receiveAll(ends.provider, 5)).toString()).toBe('HELLO');
  loud.relay.useProvider(1, undefined);
  expect((await receiveAll(loud.dial())).toString()).toBe('away: the provider does not run');
  const silent = startRelay({ filter: { kind: 'faulty', spec: undefined } });
  silent.relay.useProvider(1, undefined);
  expect((await receiveAll(silent.dial())).length).toBe(0);
  const greeter = startRelay({ filter: { kind: 'greeter', spec: 'welcome ' } });
  const greeted = await greeter.session();
  await sendAll(greeted.consumer, Buffer.from('one'));
  shutdownWrite(greeted.consumer);
  expect((await receiveAll(greeted.provider)).toString()).toBe('welcome one');
  const faulty = startRelay({ filter: { kind: 'faulty', spec: undefined } });
  const { consumer } = await faulty.session();
  trySend(consumer, 'x');
  expect((await receiveAll(consumer).catch(() => Buffer.alloc(0))).length).toBe(0);
  expect(await faulty.counters()).toMatchObject({ sessions: 0, lastError: 'fault: a fault in the filter' });
});

function openFds(): number {
  return readdirSync('/proc/self/fd').length;
}
