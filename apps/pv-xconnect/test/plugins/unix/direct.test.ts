/** `"mode": "direct"` between real mount namespaces: no proxy, so the provider's own process is at the other end. */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { dirname, join } from 'node:path';
import { ManualClock } from '@pv/testkit/manual-clock';
import { expect, onTestFinished, test } from 'vitest';
import type { TakeMountSteps } from '../../../src/mounts/mount-file.ts';
import { establishDirect } from '../../../src/plugins/unix/direct.ts';
import type { ActiveLink, Establish, PluginContext } from '../../../src/plugins/plugin.ts';
import { tempDir } from '../../kit/cleanup.ts';
import { startContainer, type Container } from '../../kit/container.ts';
import { link, runDaemon, withoutStore } from '../../kit/daemon.ts';
import { pinned } from '../../kit/drm.ts';
import { startLxc } from '../../kit/lxc.ts';
import { bundleMountWorker } from '../../kit/mount-worker.ts';
import { ask, dial, echo, says, serve } from '../../kit/sockets.ts';

const socketPath = '/run/example/raw.sock';
const target = '/run/pv/services/raw.sock';
const takeSteps = bundleMountWorker();

interface Peer {
  readonly name: string;
  readonly pid: number;
}

class Bench {
  readonly #takeSteps: TakeMountSteps;
  readonly clock = new ManualClock();
  readonly out: string[] = [];
  readonly err: string[] = [];

  constructor(steps: TakeMountSteps = takeSteps) {
    this.#takeSteps = steps;
  }

  attempt(consumer: Peer, provider: Peer): Establish {
    const context = { lines: { out: (line: string) => this.out.push(line), err: (line: string) => this.err.push(line) }, clock: this.clock, random: Math.random, keeper: withoutStore() } as unknown as PluginContext;
    return establishDirect(link(consumer, provider, { mode: 'direct' }), pinned(consumer), pinned(provider), context, this.#takeSteps);
  }

  establish(consumer: Peer, provider: Peer): ActiveLink {
    const result = this.attempt(consumer, provider);
    if (result.kind === 'failed') throw new Error(result.reason);
    onTestFinished(() => result.active.close(0));
    return result.active;
  }

  refusal(consumer: Peer, provider: Peer): string {
    const result = this.attempt(consumer, provider);
    if (result.kind === 'failed') return result.reason;
    result.active.close(0);
    throw new Error('it was established');
  }
}

async function pair(consumerInit = ''): Promise<{ consumer: Container; provider: Container; bench: Bench }> {
  const [consumer, provider] = await Promise.all([startContainer('consumer', { init: consumerInit }), startContainer('provider')]);
  return { consumer, provider, bench: new Bench() };
}

/** From inside its mount namespace, where the mount is. */
const inside = (container: Peer, path: string): string => `/proc/${container.pid}/root${path}`;

async function closed(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}

test('what the consumer connects to is the very socket of the provider', async () => {
  const { consumer, provider, bench } = await pair();
  await serve(provider.at(socketPath), echo);
  const active = bench.establish(consumer, provider);
  expect(await ask(inside(consumer, target), 'hello')).toBe('hello');
  expect(statSync(inside(consumer, target)).ino).toBe(statSync(provider.at(socketPath)).ino);
  expect(active.intact()).toBe(true);
});

test('the mount is only in the consumer, and read-only: the consumer cannot change who may connect to the provider', async () => {
  const { consumer, provider, bench } = await pair();
  await serve(provider.at(socketPath), echo);
  bench.establish(consumer, provider);
  expect(statSync(consumer.at(target)).isFile()).toBe(true);
  await expect(consumer.exec('chmod', '0', target)).rejects.toThrow();
});

test('when the link goes, so do the mount, the file below it and new connections; open connections go on', async () => {
  const { consumer, provider, bench } = await pair();
  await serve(provider.at(socketPath), echo);
  const active = bench.establish(consumer, provider);
  const session = await dial(inside(consumer, target));
  active.close(0);
  expect(existsSync(inside(consumer, target))).toBe(false);
  expect(readdirSync(consumer.at('/run/pv/services'))).toEqual([]);
  const answer = new Promise((resolve) => session.once('data', (data: Buffer) => resolve(data.toString())));
  session.write('still here');
  expect(await answer).toBe('still here');
  session.destroy();
});

test('a socket that the provider makes anew is mounted anew', async () => {
  const { consumer, provider, bench } = await pair();
  const first = await serve(provider.at(socketPath), says('first'));
  const active = bench.establish(consumer, provider);
  await closed(first);
  rmSync(provider.at(socketPath), { force: true });
  await serve(provider.at(socketPath), says('second'));
  expect(active.intact()).toBe(false);
  bench.clock.advance(1);
  expect(active.intact()).toBe(true);
  expect(await ask(inside(consumer, target), '')).toBe('second');
  expect(bench.out.slice(-2)).toEqual([
    `pvx-unix: ${target} is taken from ${consumer.name}: ${socketPath} of the provider is another socket now`,
    `pvx-unix: ${target} is in ${consumer.name} again`,
  ]);
});

test('while the provider has no socket there is none in the consumer, said once and in its status', async () => {
  const { consumer, provider, bench } = await pair();
  const first = await serve(provider.at(socketPath), says('first'));
  const active = bench.establish(consumer, provider);
  expect(active.remark).toBeUndefined();
  await closed(first);
  rmSync(provider.at(socketPath), { force: true });
  for (let second = 0; second < 3; second++) bench.clock.advance(1);
  expect(existsSync(inside(consumer, target))).toBe(false);
  expect(bench.out.slice(1)).toEqual([`pvx-unix: ${target} is taken from ${consumer.name}: ${socketPath} of the provider: No such file or directory`]);
  expect(bench.err).toEqual([]);
  expect(active.remark).toBe(`${socketPath} of the provider: No such file or directory`);
  mkdirSync(provider.at(socketPath));
  for (let second = 0; second < 3; second++) bench.clock.advance(1);
  expect(bench.err).toEqual([`pvx-unix: ${target} cannot be in ${consumer.name}: ${socketPath} of the provider: it is not a socket`]);
});

test('a restarted provider is mounted again, and while it is away nothing of its file system is held', async () => {
  const { consumer, provider, bench } = await pair();
  await serve(provider.at(socketPath), says('first'));
  const active = bench.establish(consumer, provider);
  await provider.kill();
  active.useProvider(undefined);
  expect(existsSync(inside(consumer, target))).toBe(false);
  expect(active.intact()).toBe(true);
  await provider.start();
  active.useProvider(pinned(provider));
  expect(await ask(inside(consumer, target), '')).toBe('first');
});

test('a mount that a killed instance left is taken over; one whose socket has no listener any more is replaced', async () => {
  const { consumer, provider, bench } = await pair();
  const first = await serve(provider.at(socketPath), says('first'));
  bench.establish(consumer, provider);
  const again = bench.establish(consumer, provider);
  expect(await ask(inside(consumer, target), '')).toBe('first');
  await closed(first);
  rmSync(provider.at(socketPath), { force: true });
  await serve(provider.at(socketPath), says('second'));
  const third = bench.establish(consumer, provider);
  expect(await ask(inside(consumer, target), '')).toBe('second');
  expect([again.intact(), third.intact()]).toEqual([false, true]);
  third.close(0);
  expect(readdirSync(consumer.at('/run/pv/services'))).toEqual([]);
});

test.each<[string, (provider: Container, host: string) => void, string]>([
  ['an absolute symlink to a socket of the host', (provider, host) => symlinkSync(host, provider.at(socketPath)), 'No such file or directory'],
  ['a relative one far upwards', (provider, host) => symlinkSync('../'.repeat(20) + host.slice(1), provider.at(socketPath)), 'No such file or directory'],
  ['a regular file', (provider) => writeFileSync(provider.at(socketPath), ''), 'it is not a socket'],
  ['a directory', (provider) => mkdirSync(provider.at(socketPath)), 'it is not a socket'],
  ['not there', () => undefined, 'No such file or directory'],
])('7.2-11 a provider whose socket is %s gives nothing of the host to the consumer', async (_what, prepare, reason) => {
  const { consumer, provider, bench } = await pair();
  const host = join(tempDir(), 'pv-ctrl');
  await serve(host, says('HOST'));
  prepare(provider, host);
  expect(bench.refusal(consumer, provider)).toBe(`${socketPath} of the provider: ${reason}`);
  expect(existsSync(inside(consumer, target))).toBe(false);
});

test.each<[string, string, (consumer: Container, host: string) => void, string]>([
  ['a file', '', (consumer) => writeFileSync(consumer.at('/run/pv/services/raw.sock'), 'mine'), 'exists and is not a socket; it is left as it is'],
  ['a directory', '', (consumer) => mkdirSync(consumer.at(target)), 'exists and is not a socket; it is left as it is'],
  ['a link to the host', '', (consumer, host) => symlinkSync(host, consumer.at(target)), 'exists and is not a socket; it is left as it is'],
])('7.2-12 a target that is %s is left as it is', async (_what, init, prepare, reason) => {
  const { consumer, provider, bench } = await pair(init);
  const host = join(tempDir(), 'file');
  writeFileSync(host, 'host');
  await serve(provider.at(socketPath), echo);
  mkdirSync(consumer.at('/run/pv/services'), { recursive: true });
  prepare(consumer, host);
  expect(bench.refusal(consumer, provider)).toBe(`${target} ${reason}`);
  expect(statSync(host).size).toBe(4);
});

test('7.2-12 a target in a read-only directory is refused with the reason, as often as it is tried, and nothing stays open', async () => {
  const { consumer, provider, bench } = await pair('/busybox mkdir -p /run/pv/services; /busybox mount -t tmpfs -o ro none /run/pv/services');
  await serve(provider.at(socketPath), echo);
  for (let round = 0; round < 3; round++) expect(bench.refusal(consumer, provider)).toBe(`${target}: Read-only file system (openat2)`);
  const { dev, ino } = statSync(inside(consumer, dirname(target)));
  const open = readdirSync('/proc/self/fd').map((fd) => statSync(`/proc/self/fd/${fd}`, { throwIfNoEntry: false }));
  expect(open.filter((found) => found?.dev === dev && found.ino === ino)).toEqual([]);
});

test('what cannot be taken away for once is said, kept for the next instance, and ends nothing', async () => {
  const { consumer, provider } = await pair();
  const bench = new Bench((steps) => {
    if (steps[0]?.kind === 'unmount') throw new Error('the thread did not unmount');
    takeSteps(steps);
  });
  const server = await serve(provider.at(socketPath), echo);
  const active = bench.establish(consumer, provider);
  await closed(server);
  rmSync(provider.at(socketPath), { force: true });
  bench.clock.advance(1);
  active.close(0);
  expect(bench.err).toEqual([`pvx-unix: ${target} cannot be taken from ${consumer.name}: the thread did not unmount`]);
});

test('a live socket of the consumer at the target is left as it is', async () => {
  const { consumer, provider, bench } = await pair();
  await serve(provider.at(socketPath), echo);
  mkdirSync(consumer.at('/run/pv/services'), { recursive: true });
  await serve(consumer.at(target), says('mine'));
  expect(bench.refusal(consumer, provider)).toBe(`${target} is a socket that somebody else listens on`);
  expect(await ask(inside(consumer, target), '')).toBe('mine');
});

test('a container that provides for itself keeps its own socket', async () => {
  const { provider, bench } = await pair();
  await serve(provider.at(socketPath), echo);
  mkdirSync(provider.at('/run/pv'));
  symlinkSync('../example', provider.at('/run/pv/services'));
  expect(bench.refusal(provider, provider)).toBe(`${target} is that very file already, and not by a mount of this link`);
  expect(await ask(provider.at(socketPath), 'mine')).toBe('mine');
});

test('a consumer that has ended is closed without a complaint', async () => {
  const { consumer, provider, bench } = await pair();
  await serve(provider.at(socketPath), echo);
  const active = bench.establish(consumer, provider);
  await consumer.kill();
  active.close(0);
  expect(bench.err).toEqual([]);
});

test.each<[string, string[]]>([
  ['', []],
  [', the consumer with a user namespace of its own', ['lxc.idmap = u 0 100000 65536', 'lxc.idmap = g 0 100000 65536', 'lxc.rootfs.options = idmap=container', 'lxc.mount.entry = none run tmpfs rw 0 0']],
])('between LXC containers%s', async (_what, conf) => {
  const [consumer, provider] = await Promise.all([startLxc('consumer', conf), startLxc('provider')]);
  mkdirSync(provider.at('/run/example'), { recursive: true });
  await serve(provider.at(socketPath), echo);
  const active = new Bench().establish(consumer, provider);
  expect(await ask(inside(consumer, target), 'hello')).toBe('hello');
  expect(await consumer.exec('grep', '-c', target, '/proc/self/mounts')).toBe('1\n');
  active.close(0);
  await consumer.exec('test', '!', '-e', target);
});

test('by the daemon: a link of the graph whose provider says direct is mounted, and unmounted when it leaves the graph', async () => {
  const [{ consumer, provider }, daemon] = await Promise.all([pair(), runDaemon()]);
  await serve(provider.at(socketPath), echo);
  daemon.core.set([link(consumer, provider, { mode: 'direct' })]);
  await daemon.printed('Link established');
  expect(await ask(inside(consumer, target), 'hello')).toBe('hello');
  expect(statSync(inside(consumer, target)).ino).toBe(statSync(provider.at(socketPath)).ino);
  daemon.core.set([link(consumer, provider)]);
  await daemon.printed('Link established');
  expect(await ask(inside(consumer, target), 'by the relay')).toBe('by the relay');
  expect(statSync(inside(consumer, target)).ino).not.toBe(statSync(provider.at(socketPath)).ino);
  daemon.core.set([]);
  await daemon.printed('Removing link');
  expect(existsSync(inside(consumer, target))).toBe(false);
});
