/** The whole daemon between real mount namespaces: what works, what restarts, what goes. */
import { once } from 'node:events';
import { existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, test } from 'vitest';
import type { GraphLink } from '../src/graph/parse.ts';
import { startContainer, type Container } from './kit/container.ts';
import { link, runDaemon, type TestDaemon } from './kit/daemon.ts';
import { ask, dial, echo, readAll, says, serve } from './kit/sockets.ts';

const socketPath = '/run/example/raw.sock';
const target = '/run/pv/services/raw.sock';

async function pair(): Promise<{ consumer: Container; provider: Container; daemon: TestDaemon }> {
  const [consumer, provider, daemon] = await Promise.all([startContainer('consumer'), startContainer('provider'), runDaemon()]);
  return { consumer, provider, daemon };
}

async function established(): Promise<{ consumer: Container; provider: Container; daemon: TestDaemon }> {
  const all = await pair();
  await serve(all.provider.at(socketPath), echo);
  all.daemon.core.set([link(all.consumer, all.provider)]);
  await all.daemon.printed('Link established');
  return all;
}

test('a service is echoed through the mesh, and the lines are those that users know', async () => {
  const { consumer, provider, daemon } = await pair();
  await daemon.printed('Reconciling graph with 0 links');
  await serve(provider.at(socketPath), echo);
  daemon.core.set([link(consumer, provider)]);
  await daemon.printed('Link established');
  expect(await ask(consumer.at(target), 'Hello from client')).toBe('Hello from client');
  await daemon.printed('Accepted connection');
  expect(daemon.out).toEqual([
    'pv-xconnect starting...',
    'Connected to pv-ctrl',
    'Reconciling graph with 0 links',
    'Reconciling graph with 1 links',
    `Adding link: ${consumer.name} (pid=${consumer.pid}, unix) -> /run/example/raw.sock (inject to: /run/pv/services/raw.sock)`,
    `pvx-unix: Injecting socket /run/pv/services/raw.sock into pid ${consumer.pid} [${consumer.name}/raw]`,
    `Link established: ${consumer.name}/raw`,
    `pvx-unix: Accepted connection for service raw from pid ${consumer.pid} [${consumer.name}/raw]`,
  ]);
  expect(daemon.err).toEqual([]);
});

test('the injected socket is open to every uid, its new directories to nobody but root', async () => {
  const { consumer } = await established();
  expect(statSync(consumer.at(target)).mode & 0o777).toBe(0o666);
  expect(statSync(consumer.at('/run/pv/services')).mode & 0o777).toBe(0o755);
});

test('an end of the request is passed on, and the answer after it comes back', async () => {
  const { consumer, provider, daemon } = await pair();
  await serve(provider.at(socketPath), (socket) => void readAll(socket).then((all) => socket.end(`got ${all.length} bytes`)));
  daemon.core.set([link(consumer, provider)]);
  await daemon.printed('Link established');
  expect(await ask(consumer.at(target), 'x'.repeat(100_000))).toBe('got 100000 bytes');
});

test('7.2-14 while a peer does not run nothing is touched, and the link waits', async () => {
  const { consumer, provider, daemon } = await pair();
  const before = readdirSync(consumer.root, { recursive: true });
  daemon.core.set([link(consumer, provider, { provider_pid: 0 })]);
  expect(await daemon.printed('Link waiting')).toContain(`container ${provider.name} does not run`);
  daemon.core.set([link(consumer, provider, { consumer_pid: 0 })]);
  expect(await daemon.printed('Link waiting')).toContain(`container ${consumer.name} does not run`);
  expect(readdirSync(consumer.root, { recursive: true })).toEqual(before);
});

test('7.1-10 a restarted consumer gets its socket again', async () => {
  const { consumer, provider, daemon } = await established();
  const old = consumer.pid;
  await consumer.kill();
  daemon.core.set([link(consumer, provider)]);
  await daemon.printed('Link waiting');
  expect(existsSync(consumer.at(target))).toBe(false);
  await consumer.start();
  daemon.core.set([link(consumer, provider)]);
  expect(await daemon.printed('Re-establishing')).toBe(
    `Re-establishing link ${consumer.name}/raw (target ${target}) after restart (consumer pid ${old}->${consumer.pid}, provider pid ${provider.pid}->${provider.pid})`,
  );
  await daemon.printed('Link established');
  expect(await ask(consumer.at(target), 'again')).toBe('again');
});

test('7.1-10 a restarted provider is reached through the socket that the consumer already has', async () => {
  const { consumer, provider, daemon } = await established();
  const { ino } = lstatSync(consumer.at(target));
  await provider.kill();
  daemon.core.set([link(consumer, provider)]);
  await daemon.printed('Link waiting');
  expect(await ask(consumer.at(target), 'anybody?')).toBe('');
  expect(await ask(consumer.at(target), 'anybody?')).toBe('');
  await provider.start();
  daemon.core.set([link(consumer, provider)]);
  await daemon.printed('Re-establishing');
  await daemon.printed('Link established');
  expect(await ask(consumer.at(target), 'back')).toBe('back');
  expect(lstatSync(consumer.at(target)).ino).toBe(ino);
  await daemon.complained('Could not connect');
  expect(daemon.err).toEqual([`Could not connect to provider socket ${socketPath} for ${consumer.name}/raw: the provider does not run`]);
});

test('7.2-17 a link that leaves the graph takes its socket, its listener and its sessions with it', async () => {
  const { consumer, daemon } = await established();
  const session = await dial(consumer.at(target));
  session.write('ping');
  await new Promise((resolve) => session.once('data', resolve));
  const fds = openFds();
  daemon.core.set([]);
  await daemon.printed(`Removing link: ${consumer.name}/raw`);
  expect((await readAll(session)).length).toBe(0);
  expect(existsSync(consumer.at(target))).toBe(false);
  await waitFor(() => openFds() < fds, { what: 'descriptors being closed' });
});

test.each([
  ['role', { role: 'admin' }],
  ['provider socket', { socket: '/run/example/other.sock' }],
  ['interface', { interface: 'org.example' }],
])('a change of the %s makes the link anew and ends its sessions', async (_what, change) => {
  const { consumer, provider, daemon } = await established();
  const session = await dial(consumer.at(target));
  await daemon.printed('Accepted connection');
  daemon.core.set([link(consumer, provider, change)]);
  await daemon.printed('Removing link');
  await daemon.printed('Link established');
  expect((await readAll(session)).length).toBe(0);
});

test.each<[string, Partial<GraphLink>]>([
  ['its target', { target: '/run/moved.sock', interface: '/run/moved.sock' }],
  ["the provider's path", { socket: '/run/example/other.sock' }],
])('a link of which only %s moves has its sessions come to their end, until a deadline', async (_what, change) => {
  const { consumer, provider, daemon } = await established();
  const [session, silent] = [await dial(consumer.at(target)), await dial(consumer.at(target))];
  for (const one of [session, silent]) one.write('first ');
  await Promise.all([session, silent].map((one) => once(one, 'data')));
  daemon.core.set([link(consumer, provider, change)]);
  await daemon.printed('Removing link');
  await daemon.printed('Link established');
  session.end('still here');
  expect((await readAll(session)).toString()).toBe('still here');
  expect((await readAll(silent)).length).toBe(0);
});

test('7.2-17 a change elsewhere in the graph leaves sessions alone', async () => {
  const { consumer, provider, daemon } = await established();
  const session = await dial(consumer.at(target));
  await daemon.printed('Accepted connection');
  daemon.core.set([link(consumer, provider), link(consumer, provider, { name: 'other', target: '/run/other.sock' })]);
  await daemon.printed('Link established');
  session.end('still here');
  expect((await readAll(session)).toString()).toBe('still here');
});

test('7.2-12 7.2-18 of two links for one target the first wins and stays, whatever order later graphs have', async () => {
  const { consumer, provider, daemon } = await pair();
  const rival = await startContainer('rival');
  await serve(provider.at(socketPath), says('first'));
  await serve(rival.at(socketPath), says('second'));
  const [first, second] = [link(consumer, provider), link(consumer, rival)];
  daemon.core.set([first, second]);
  expect(await daemon.complained('Failed to add link for raw')).toContain(`is already the target of ${provider.name}/raw`);
  daemon.core.set([second, first]);
  await daemon.printed('Reconciling graph with 2 links');
  daemon.core.set([second, first, link(consumer, provider, { name: 'more', target: '/run/more.sock' })]);
  await daemon.printed('Link established: ' + consumer.name + '/more');
  expect(await ask(consumer.at(target), '')).toBe('first');
  expect(daemon.out.filter((line) => line.startsWith('Removing'))).toEqual([]);
  expect(daemon.err).toEqual([expect.stringMatching(/^audit: refused consumer=\S+ service=raw provider=\S+ role=client rule=target: /), expect.stringMatching(/^Failed to add link/)]);
});

test('7.2-16 a pid that belongs to another container is refused, with the reason, and tried again until it is right', async () => {
  const { consumer, provider, daemon } = await pair();
  const stranger = await startContainer('stranger');
  await serve(provider.at(socketPath), says('right'));
  daemon.core.set([link(consumer, provider, { provider_pid: stranger.pid })]);
  expect(await daemon.complained('Failed to add link')).toContain(`process ${stranger.pid} is not in the cgroup of container ${provider.name}`);
  expect(existsSync(consumer.at(target))).toBe(false);
  daemon.core.set([link(consumer, provider)]);
  await daemon.printed('Link established');
  expect(await ask(consumer.at(target), '')).toBe('right');
});

test('7.1-16 an unknown type and a host-side provider are named and left out; the others work', async () => {
  const { consumer, provider, daemon } = await pair();
  await serve(provider.at(socketPath), echo);
  daemon.core.set([
    link(consumer, provider, { type: 'input', name: 'keys', target: '/dev/input/event0' }),
    link(consumer, provider, { type: 'tcp', name: 'hello', target: '/run/hello' }),
    link(consumer, provider, { provider: '_pv_', provider_pid: 0, name: 'bus', target: '/run/bus' }),
    link(consumer, provider),
  ]);
  await daemon.complained('No plugin found for type input');
  await daemon.complained('No plugin found for type tcp');
  await daemon.complained('the host itself provides no unix services');
  await daemon.printed('Link established');
  expect(await ask(consumer.at(target), 'works')).toBe('works');
});

test('7.2-12 something mounted over the injected socket is noticed, and the socket is placed again', async () => {
  const { consumer, daemon } = await established();
  await consumer.exec('mount', '-t', 'tmpfs', 'none', '/run');
  await daemon.printed('Link established');
  await consumer.exec('test', '-S', target);
});

test('7.1-7 100 connections leave no descriptor behind', async () => {
  const { consumer } = await established();
  await ask(consumer.at(target), 'warm');
  const before = openFds();
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => ask(consumer.at(target), `n${index}`)));
    expect(answers).toEqual(Array.from({ length: 10 }, (_, index) => `n${index}`));
  }
  await waitFor(() => openFds() <= before, { what: 'as many descriptors as before', detail: () => `${openFds()} now, ${before} before` });
});

test('connections that close at once do not disturb later ones', async () => {
  const { consumer } = await established();
  for (let round = 0; round < 200; round++) (await dial(consumer.at(target))).destroy();
  expect(await ask(consumer.at(target), 'fine')).toBe('fine');
});

function openFds(): number {
  return readdirSync('/proc/self/fd').length;
}
