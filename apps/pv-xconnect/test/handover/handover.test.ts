/** One instance after another, with the store between them that pv-core gives them: what goes on, and what a crash costs. */
import { existsSync, lstatSync } from 'node:fs';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { closeFd } from '@pv/pv-native/fd';
import { packetPair } from '@pv/pv-native/socket';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, onTestFinished, test } from 'vitest';
import { tempDir } from '../kit/cleanup.ts';
import { startContainer, type Container } from '../kit/container.ts';
import { FakeCore } from '../kit/core.ts';
import { link } from '../kit/daemon.ts';
import { mountHung } from '../kit/hung-mount.ts';
import { bundleProgram, program, type Program } from '../kit/program.ts';
import { ask, dial, echo, serve } from '../kit/sockets.ts';

bundleProgram();

const target = '/run/pv/services/raw.sock';

interface Place {
  readonly core: FakeCore;
  readonly consumer: Container;
  readonly provider: Container;
  /** Resolves when it has printed `until`. */
  start(until?: string): Promise<Program>;
  /** One that gets no graph. */
  startAlone(): Promise<Program>;
}

async function place(): Promise<Place> {
  const run = tempDir();
  const core = new FakeCore(join(run, 'core', 'pv-core'));
  const store = packetPair(4 * 1024 * 1024);
  onTestFinished(() => store.forEach(closeFd));
  const [consumer, provider] = await Promise.all([startContainer('consumer'), startContainer('provider'), core.start()]);
  await serve(provider.at('/run/example/raw.sock'), echo);
  core.set([link(consumer, provider)]);
  const begin = (): Program => program([], { PV_SYSTEM_RUNDIR: run, PV_XCONNECT_MANAGED: '1', PV_XCONNECT_STORE: '3,4' }, store);
  const start = async (until = 'Link established'): Promise<Program> => {
    core.setStatus(200);
    const started = begin();
    await started.printed(until);
    return started;
  };
  const startAlone = async (): Promise<Program> => {
    core.setStatus(503);
    const started = begin();
    await waitFor(() => started.err().includes('status=503'), { what: 'one that asks for the graph', detail: started.out });
    return started;
  };
  return { core, consumer, provider, start, startAlone };
}

/** A client that keeps what it hears. */
class Client {
  readonly socket: Socket;
  heard = '';
  readonly ended: Promise<unknown>;

  constructor(socket: Socket) {
    this.socket = socket;
    this.ended = once(socket, 'end');
    socket.on('data', (chunk: Buffer) => (this.heard += chunk.toString()));
  }

  async say(text: string): Promise<void> {
    const wanted = this.heard + text;
    this.socket.write(text);
    await waitFor(() => this.heard === wanted, { what: `the echo of ${JSON.stringify(text)}`, detail: () => this.heard });
  }
}

async function client(path: string): Promise<Client> {
  return new Client(await dial(path));
}

test('7.2-15 an orderly restart with 50 live sessions loses none, nor a connection made meanwhile', async () => {
  const { consumer, start } = await place();
  const first = await start();
  const clients = await Promise.all(Array.from({ length: 50 }, () => client(consumer.at(target))));
  await Promise.all(clients.map((one, index) => one.say(`before ${index};`)));
  const { ino } = lstatSync(consumer.at(target));
  expect(await first.signal('SIGUSR2')).toMatchObject({ code: 0, err: '' });
  expect(first.out()).toContain('Leaving 50 sessions to the next instance');
  const saying = [await client(consumer.at(target)), ...clients].map((one) => one.say('meanwhile;'));
  const second = await start();
  expect(second.out()).toContain(`pvx-unix: Taking over socket ${target} in pid ${consumer.pid}, with 50 sessions`);
  await Promise.all(saying);
  await Promise.all(clients.map((one, index) => one.say(`after ${index}`)));
  expect(clients.map(({ heard }) => heard)).toEqual(clients.map((_, index) => `before ${index};meanwhile;after ${index}`));
  expect(lstatSync(consumer.at(target)).ino).toBe(ino);
});

test('bytes that wait for a slow reader are handed over too, and so is a half-close', async () => {
  const { consumer, start } = await place();
  const first = await start();
  const slow = await dial(consumer.at(target));
  const sent = Buffer.alloc(3_000_000, 'abcdefghij');
  slow.pause();
  slow.end(sent);
  await first.printed('Accepted connection');
  await first.signal('SIGUSR2');
  await start();
  const chunks: Buffer[] = [];
  slow.on('data', (chunk: Buffer) => chunks.push(chunk));
  slow.resume();
  await once(slow, 'end');
  expect(Buffer.concat(chunks).equals(sent)).toBe(true);
});

test('7.2-15 after SIGKILL the socket is the same one and was never dead: who connects meanwhile is served', async () => {
  const { consumer, start } = await place();
  const first = await start();
  const { ino } = lstatSync(consumer.at(target));
  await first.signal('SIGKILL');
  const waiting = ask(consumer.at(target), 'between the two');
  await start();
  expect(await waiting).toBe('between the two');
  expect(lstatSync(consumer.at(target)).ino).toBe(ino);
});

test('7.2-17 a link that went while nobody was there loses its socket, and a new link on its target gets none of its sessions', async () => {
  const { core, consumer, provider, start } = await place();
  const more = '/run/more.sock';
  core.set([link(consumer, provider), link(consumer, provider, { target: more, name: 'more' })]);
  const first = await start();
  await first.printed('Link established: ' + consumer.name + '/more');
  const clients = [await client(consumer.at(more)), await client(consumer.at(target))];
  await Promise.all(clients.map((one) => one.say('hello')));
  await first.signal('SIGUSR2');
  core.set([link(consumer, provider, { role: 'other' })]);
  await start();
  await Promise.all(clients.map(({ ended }) => ended));
  expect(existsSync(consumer.at(more))).toBe(false);
  expect(await ask(consumer.at(target), 'as other')).toBe('as other');
});

test('what was left below a mount that never answers does not hold up the next one', async () => {
  const { core, consumer, provider, start } = await place();
  const hanging = await startContainer('hanging');
  core.set([link(consumer, provider), link(hanging, provider, { name: 'left', target: '/run/in/left.sock' })]);
  const first = await start();
  await first.printed(`Link established: ${hanging.name}/left`);
  await first.signal('SIGKILL');
  await mountHung(hanging, '/run/in');
  core.set([link(consumer, provider)]);
  await start();
  expect(await ask(consumer.at(target), 'served')).toBe('served');
});

test('SIGTERM still takes everything away, and the next one begins anew', async () => {
  const { consumer, start } = await place();
  await (await start()).signal('SIGTERM');
  expect(existsSync(consumer.at(target))).toBe(false);
  const second = await start();
  expect(second.out()).toContain('pvx-unix: Injecting socket');
  expect(await ask(consumer.at(target), 'new')).toBe('new');
});

test('7.2-15 instances that are killed before they have seen a graph cost nothing: the socket is the same one and was never dead', async () => {
  const { consumer, start, startAlone } = await place();
  await (await start()).signal('SIGKILL');
  const { ino } = lstatSync(consumer.at(target));
  const waiting = ask(consumer.at(target), 'since the first');
  for (let round = 0; round < 2; round++) await (await startAlone()).signal('SIGKILL');
  const last = await start();
  expect(last.out()).toContain(`Taking over socket ${target}`);
  expect(await waiting).toBe('since the first');
  expect(lstatSync(consumer.at(target)).ino).toBe(ino);
});

test('one that is restarted before it has seen a graph hands on what it was given, the session too', async () => {
  const { consumer, start, startAlone } = await place();
  const first = await start();
  const one = await client(consumer.at(target));
  await one.say('before;');
  await first.signal('SIGUSR2');
  const second = await startAlone();
  expect((await second.signal('SIGUSR2')).out).toContain('Leaving 1 sessions to the next instance');
  await start();
  await one.say('after');
});

test('one that is stopped before it has seen a graph takes away what it was given', async () => {
  const { consumer, start, startAlone } = await place();
  await (await start()).signal('SIGKILL');
  await (await startAlone()).signal('SIGTERM');
  expect(existsSync(consumer.at(target))).toBe(false);
});

test('a socket whose provider has ended, or refuses its consumer, meanwhile does not stay with nobody who serves it', async () => {
  const { core, consumer, provider, start } = await place();
  const more = '/run/more.sock';
  const links = [link(consumer, provider), link(consumer, provider, { target: more, name: 'more' })] as const;
  core.set(links);
  const first = await start();
  await first.printed(`Link established: ${consumer.name}/more`);
  await first.signal('SIGKILL');
  core.set([{ ...links[0], provider_pid: 0 }, { ...links[1], consumers: ['somebody'] }]);
  const second = await start(`Link waiting: ${consumer.name}/raw`);
  await waitFor(() => second.err().includes('rule=consumers'), { what: 'the refusal', detail: second.err });
  expect([existsSync(consumer.at(target)), existsSync(consumer.at(more))]).toEqual([false, false]);
  core.set([links[0]]);
  await second.printed(`Link established: ${consumer.name}/raw`);
  expect(await ask(consumer.at(target), 'again')).toBe('again');
});
