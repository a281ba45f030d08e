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
  start(): Promise<Program>;
}

async function place(): Promise<Place> {
  const run = tempDir();
  const core = new FakeCore(join(run, 'core', 'pv-core'));
  const store = packetPair(4 * 1024 * 1024);
  onTestFinished(() => store.forEach(closeFd));
  const [consumer, provider] = await Promise.all([startContainer('consumer'), startContainer('provider'), core.start()]);
  await serve(provider.at('/run/example/raw.sock'), echo);
  core.set([link(consumer, provider)]);
  const start = async (): Promise<Program> => {
    const started = program([], { PV_SYSTEM_RUNDIR: run, PV_XCONNECT_MANAGED: '1', PV_XCONNECT_STORE: '3,4' }, store);
    await started.printed('Link established');
    return started;
  };
  return { core, consumer, provider, start };
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
