/** A container ends, and a process of another one gets the very pid that it had, before pv-xconnect is told anything. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, onTestFinished, test } from 'vitest';
import { joinCgroup } from '../kit/cgroup.ts';
import { startContainer, type Container } from '../kit/container.ts';
import { link, runDaemon } from '../kit/daemon.ts';
import { ask, dial, echo, readAll, says, serve } from '../kit/sockets.ts';

const socketPath = '/run/example/raw.sock';
const target = '/run/pv/services/raw.sock';

/** clone3(2) with a chosen pid, which no shell can: forks, and the child becomes the program. */
const withPid = `my ($pid, @program) = @ARGV;
my $wanted = pack 'i', $pid;
my $child = syscall 435, pack('Q11', 0, 0, 0, 0, 17, 0, 0, 0, unpack('Q', pack 'P', $wanted), 1, 0), 88;
die "clone3: $!" if $child < 0;
exec @program or die "$program[0]: $!" if $child == 0;
waitpid $child, 0;`;

/** A process of `container` with that pid, until the test ends. */
async function occupy(pid: number, container: Container): Promise<void> {
  const parent = spawn('perl', ['-e', withPid, String(pid), 'nsenter', '-t', String(container.pid), '-m', '-r', '/busybox', 'sleep', '3600'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(parent, 'exit');
  onTestFinished(async () => {
    process.kill(pid, 'SIGKILL');
    await ended;
  });
  await waitFor(() => existsSync(`/proc/${pid}/root/busybox`), { what: `a process with the pid ${pid} in ${container.name}` });
  await joinCgroup(pid, container);
}

test('7.2-16 the pid of a stopped provider, taken by a process of another container, leads to nobody', async () => {
  const [consumer, provider, stranger, daemon] = await Promise.all([startContainer('consumer'), startContainer('provider'), startContainer('stranger'), runDaemon()]);
  await serve(provider.at(socketPath), echo);
  const strangers = await serve(stranger.at(socketPath), says('the stranger'));
  let reached = 0;
  strangers.on('connection', () => (reached += 1));
  const stale = link(consumer, provider);
  daemon.core.set([stale]);
  await daemon.printed('Link established');
  const session = await dial(consumer.at(target));
  await daemon.printed('Accepted connection');
  const { pid } = provider;
  await provider.kill();
  await occupy(pid, stranger);
  for (let round = 0; round < 20; round++) expect(await ask(consumer.at(target), 'who is there?')).toBe('');
  expect((await readAll(session)).length).toBe(0);
  // A graph that still has the pid, and something new so that it is looked at.
  daemon.core.set([stale, { ...stale, name: 'more', target: '/run/more.sock' }]);
  expect(await daemon.complained('Failed to add link')).toContain(`process ${pid} is not in the cgroup of container ${provider.name}`);
  expect(existsSync(consumer.at('/run/more.sock'))).toBe(false);
  expect(reached).toBe(0);
});

test('7.2-16 the pid of a stopped consumer, taken by a process of another container, gets nothing placed there', async () => {
  const [consumer, provider, stranger, daemon] = await Promise.all([startContainer('consumer'), startContainer('provider'), startContainer('stranger'), runDaemon()]);
  await serve(provider.at(socketPath), echo);
  const { pid } = consumer;
  const stale = link(consumer, provider);
  daemon.core.set([stale]);
  await daemon.printed('Link established');
  await consumer.kill();
  await occupy(pid, stranger);
  daemon.core.set([stale, { ...stale, name: 'more', target: '/run/more.sock' }]);
  expect(await daemon.complained('Failed to add link')).toContain(`process ${pid} is not in the cgroup of container ${consumer.name}`);
  expect(readdirSync(stranger.at('/run'))).toEqual(['example']);
  daemon.core.set([]);
  await daemon.printed('Removing link');
  expect(readdirSync(stranger.at('/run'))).toEqual(['example']);
});
