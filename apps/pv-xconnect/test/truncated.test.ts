/** Descriptors that the kernel could not hand over, since pv-xconnect has no room for them: lost ones are never passed off as none. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { MessageBuffer } from '@pv/pv-native/msg';
import { connectUnix, openSocket } from '@pv/pv-native/socket';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, onTestFinished, test } from 'vitest';
import { place, target } from './kit/place.ts';
import { bundleProgram } from './kit/program.ts';
import { dial, readAll } from './kit/sockets.ts';

bundleProgram();

const openFds = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;
/** Of those that it may have; what it has already stays. */
const limit = (pid: number, descriptors: number): void => void execFileSync('prlimit', ['--pid', String(pid), `--nofile=${descriptors}:`]);

test('7.2-25 MSG_CTRUNC ends its session and no other, with the reason, and nothing leaks', async () => {
  const { consumer, start } = await place();
  const daemon = start();
  await daemon.printed('Link established');
  const other = await dial(consumer.at(target));
  other.write('warm');
  await new Promise((resolve) => other.once('data', resolve));
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
