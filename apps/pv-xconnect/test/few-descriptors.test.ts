/** A pv-xconnect that may have no more descriptors. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { MessageBuffer } from '@pv/pv-native/msg';
import { connectUnix, openSocket } from '@pv/pv-native/socket';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, onTestFinished, test } from 'vitest';
import { link } from './kit/daemon.ts';
import { place, target } from './kit/place.ts';
import { bundleProgram } from './kit/program.ts';
import { ask, dial, readAll } from './kit/sockets.ts';

bundleProgram();

const openFds = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;
/** Of those that it may have; what it has already stays. */
const limit = (pid: number, descriptors: number): void => void execFileSync('prlimit', ['--pid', String(pid), `--nofile=${descriptors}:`]);

/** So many more than it has: the limit is on their numbers, and some below it may be free. */
function leave(pid: number, free: number): void {
  const taken = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let end = 0;
  for (let left = free; left > 0 || taken.has(end); end++) if (!taken.has(end)) left -= 1;
  limit(pid, end);
}

/** A session that works. */
async function warm(path: string): Promise<Socket> {
  const socket = await dial(path);
  socket.write('warm');
  await new Promise((resolve) => socket.once('data', resolve));
  return socket;
}

test('7.2-25 MSG_CTRUNC ends its session and no other, with the reason, and nothing leaks', async () => {
  const { consumer, start } = await place();
  const daemon = start();
  await daemon.printed('Link established');
  const other = await warm(consumer.at(target));
  const before = openFds(daemon.pid);

  const fd = openSocket('stream');
  onTestFinished(() => closeSync(fd));
  expect(connectUnix(fd, consumer.at(target))).toBe(0);
  await waitFor(() => openFds(daemon.pid) === before + 2, { what: 'the session' });
  limit(daemon.pid, openFds(daemon.pid) + 5);
  const file = openSync('/dev/null', 'r');
  const buffer = new MessageBuffer(4096);
  expect(buffer.send(fd, Buffer.from('x'), Array<number>(200).fill(file))).toBe(1);
  closeSync(file);
  await waitFor(() => {
    const count = buffer.receive(fd);
    return count === 0 || count === -104;
  }, { what: 'the end of the session', detail: () => `${daemon.out()}${daemon.err()}` });
  await waitFor(() => daemon.err().includes('descriptors'), { what: 'the reason', detail: daemon.err });
  limit(daemon.pid, 1024);

  other.end('undisturbed');
  expect((await readAll(other)).toString()).toBe('undisturbed');
  await waitFor(() => openFds(daemon.pid) < before, { what: 'fewer descriptors than before', detail: () => `${openFds(daemon.pid)} after ${before}` });
});

test('7.2-22 without a descriptor left it goes on with the sessions that it has, says so once, and serves who waits when there are some again', async () => {
  const { consumer, start } = await place();
  const daemon = start();
  await daemon.printed('Link established');
  const other = await warm(consumer.at(target));
  limit(daemon.pid, openFds(daemon.pid));
  const waiting = Array.from({ length: 30 }, (_, index) => ask(consumer.at(target), `patient ${index}`).catch(() => 'refused'));
  await waitFor(() => daemon.err() !== '', { what: 'a word about it', detail: daemon.out });
  other.write('undisturbed');
  expect(String(await new Promise((resolve) => other.once('data', resolve)))).toBe('undisturbed');
  limit(daemon.pid, 1024);
  expect(await ask(consumer.at(target), 'again')).toBe('again');
  // Some may have been closed for want of a descriptor to their provider; none hangs.
  for (const [index, answer] of (await Promise.all(waiting)).entries()) expect([`patient ${index}`, '', 'refused']).toContain(answer);
  expect(daemon.err().trim().split('\n').length).toBeLessThan(5);
});

test.each([0, 1, 2, 3, 4, 5])('7.2-22 a graph that changes while %i descriptors are left takes nothing away, and is followed when there are more again', async (left) => {
  const { core, consumer, provider, start } = await place();
  const direct = link(consumer, provider, { name: 'direct', mode: 'direct', target: '/run/direct.sock' });
  core.set([link(consumer, provider), direct]);
  const daemon = start();
  await daemon.printed(`Link established: ${consumer.name}/direct`);
  const session = await warm(consumer.at(target));
  await waitFor(() => core.held === 1, { what: 'a request that is held' });
  leave(daemon.pid, left);
  core.set([link(consumer, provider), direct, link(consumer, provider, { name: 'late', target: '/run/late.sock' })]);
  await waitFor(() => daemon.err() !== '' || daemon.out().includes('/late'), { what: 'a sign that the graph came', detail: () => `${daemon.out()}${daemon.err()}` });
  limit(daemon.pid, 1024);
  await daemon.printed(`Link established: ${consumer.name}/late`);
  session.end('undisturbed');
  expect((await readAll(session)).toString()).toBe('undisturbed');
  expect(daemon.out()).not.toContain('is taken from');
  expect(daemon.out().match(/Adding link: .*raw\.sock\)/g)).toHaveLength(1);
});
