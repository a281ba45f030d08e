/** What waits between two instances, without either. */
import { openSync, readdirSync } from 'node:fs';
import { closeFd } from '@pv/pv-native/fd';
import { closeFds, MessageBuffer } from '@pv/pv-native/msg';
import { packetPair } from '@pv/pv-native/socket';
import type { EndState } from '@pv/pv-native/relay/link';
import { ManualClock } from '@pv/testkit/manual-clock';
import { expect, onTestFinished, test } from 'vitest';
import { sessionFds, type KeptSocket } from '../../src/handover/records.ts';
import { FdStore } from '../../src/handover/store.ts';

const socket: KeptSocket = { consumer: 'c', target: '/run/t', pid: 1, dev: '1', ino: '2', socketType: 'stream', identity: 'x' };

function queue() {
  const clock = new ManualClock();
  const [write, read] = packetPair(1024 * 1024);
  onTestFinished(() => [write, read].forEach(closeFd));
  return { clock, write, store: () => new FdStore(write, read, (seconds, work) => clock.after(seconds, work)) };
}

/** One that its test closes. */
function file(): number {
  const fd = openSync('/dev/null', 'r');
  onTestFinished(() => closeFd(fd));
  return fd;
}

const end = (fd: number): EndState => ({ fd, readEnded: false, writeEnding: false, writeEnded: false, waiting: [] });
const openFds = (): number => readdirSync('/proc/self/fd').length;

test('a session whose filter has too much to remember ends, and the others go on', () => {
  const { store } = queue();
  const first = store();
  first.keep(socket, file());
  first.leaveSessions(socket, [
    { consumer: end(file()), provider: end(file()), filter: { snapshot: 'x'.repeat(200_000) } },
    { consumer: end(file()), provider: end(file()), filter: { snapshot: 'short' } },
  ]);
  const kept = store().take().get('c\0/run/t');
  if (kept?.kind !== 'socket') throw new Error('no socket was kept');
  expect(kept.sessions.map(({ filter }) => filter?.snapshot)).toEqual(['short']);
  closeFds([kept.fd, ...kept.sessions.flatMap(sessionFds)]);
});

test('what waits for a side comes back message by message, also a long and an empty one, with its descriptors', () => {
  const { store } = queue();
  const first = store();
  first.keep(socket, file());
  const long = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));
  const waiting = [{ bytes: long, fds: [file()] }, { bytes: Buffer.from('short'), fds: [] }, { bytes: Buffer.alloc(0), fds: [file()] }, { bytes: long.subarray(0, 40_000), fds: [] }];
  first.leaveSessions(socket, [{ consumer: { ...end(file()), waiting }, provider: { ...end(file()), waiting: waiting.slice(1, 2) } }]);
  const kept = store().take().get('c\0/run/t');
  if (kept?.kind !== 'socket') throw new Error('no socket was kept');
  const [session] = kept.sessions;
  const text = ({ bytes, fds }: EndState['waiting'][number]) => [Buffer.from(bytes).toString('latin1'), fds.length];
  expect(session?.consumer.waiting.map(text)).toEqual(waiting.map(text));
  expect(session?.provider?.waiting.map(text)).toEqual([['short', 0]]);
  closeFds([kept.fd, ...kept.sessions.flatMap(sessionFds)]);
});

test('what was taken stays for another one until it is dropped, each descriptor once however often', () => {
  const { store, clock } = queue();
  store().keep(socket, file());
  const before = openFds();
  for (let round = 0; round < 3; round++) {
    const one = store();
    const kept = [...one.take().values()];
    expect(kept).toMatchObject([{ kind: 'socket', socket, sessions: [] }]);
    for (const { kind, ...rest } of kept) if (kind === 'socket' && 'fd' in rest) closeFd(rest.fd);
    if (round === 2) one.drop(socket);
  }
  clock.advance(1);
  expect([store().take().size, openFds()]).toEqual([0, before]);
});

test('a record whose descriptor is missing is as good as none', () => {
  const { store, write } = queue();
  const buffer = new MessageBuffer(4096);
  const bare = (record: object): void => void buffer.send(write, Buffer.from(JSON.stringify(record)));
  bare({ kind: 'keep', socket });
  expect(store().take().size).toBe(0);
  const one = store();
  one.keep(socket, file());
  bare({ kind: 'session', consumer: 'c', target: '/run/t', ends: [end(0), end(0)] });
  const [kept] = [...store().take().values()];
  expect(kept).toMatchObject({ kind: 'socket', sessions: [] });
  if (kept?.kind === 'socket') closeFd(kept.fd);
});

test('it is written anew when a descriptor went, or when much of it is history', () => {
  const { store, clock } = queue();
  const one = store();
  const place = (): void => {
    one.keepFile({ consumer: 'c', target: '/dev/x', pid: 1, type: 'drm', identity: 'x', left: { is: 'node', rdev: 1 } });
    one.drop({ consumer: 'c', target: '/dev/x' });
  };
  place();
  expect(clock.pending).toBe(0);
  for (let round = 0; round < 50; round++) place();
  expect(clock.pending).toBe(1);
  clock.advance(1);
  one.keep(socket, file());
  one.drop(socket);
  expect(clock.pending).toBe(1);
});
