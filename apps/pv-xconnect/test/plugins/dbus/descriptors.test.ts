/** 7.2-9: descriptors through a real bus, each with its own message. */
import { chmodSync, closeSync, openSync, readdirSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildMessage, busCall } from '@pv/dbus-wire/build';
import { messageType } from '@pv/dbus-wire/header';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, onTestFinished, test } from 'vitest';
import type { GraphLink } from '../../../src/graph/parse.ts';
import { busMesh, busSocket } from '../../kit/bus.ts';
import { answerOne, BusClient, service } from '../../kit/bus-client.ts';
import { tempDir } from '../../kit/cleanup.ts';
import { serve } from '../../kit/sockets.ts';

function opened(text: string): number {
  const path = join(tempDir(), 'file');
  writeFileSync(path, text);
  const fd = openSync(path, 'r');
  onTestFinished(() => closeSync(fd));
  return fd;
}

function contentOf(fd: number): string {
  onTestFinished(() => closeSync(fd));
  const buffer = Buffer.alloc(100);
  return buffer.toString('latin1', 0, readSync(fd, buffer, 0, buffer.length, 0));
}

/** The relay is a thread of this process. */
const openFds = (): number => readdirSync('/proc/self/fd').length;
const sessionFds = 2;

const call = (client: BusClient, unixFds: number, member = 'Take'): Uint8Array =>
  buildMessage({ type: messageType.call, flags: 0, serial: client.nextSerial(), path: '/o', interface: 'org.x.I', member, destination: 'org.open.Server', unixFds }, ['text']);

const both: [string, Partial<GraphLink>][] = [['copied', {}], ['judged', { interface: 'org.open.Server' }]];

test.each(both)('7.2-9 descriptors arrive with their own messages, %s', async (_, more) => {
  const { direct, target } = await busMesh({ role: 'operator', ...more });
  const server = await service(direct, 'org.open.Server');
  const client = new BusClient(target);
  await client.hello();
  client.send(call(client, 2), [opened('one'), opened('two')]);
  client.send(call(client, 0));
  client.send(call(client, 1), [opened('three')]);
  const calls = [await answerOne(server), await answerOne(server), await answerOne(server)];
  expect(calls.map(({ fds }) => fds.map(contentOf))).toEqual([['one', 'two'], [], ['three']]);
});

test.each([
  ['fewer than its head says', 2, 1], ['more than its head says', 1, 2], ['some where its head says none', 0, 1],
])('7.2-9 a message with descriptors %s ends its session, and nothing leaks', async (_, counted, sent) => {
  const { direct, target, daemon } = await busMesh({ role: 'operator', interface: 'org.open.Server' });
  await service(direct, 'org.open.Server');
  const client = new BusClient(target);
  await client.hello();
  const files = Array.from({ length: sent }, () => opened('x'));
  const before = openFds();
  client.send(Buffer.concat([call(client, counted), busCall(client.nextSerial(), 'GetId', [])]), files);
  await client.ended();
  await waitFor(() => openFds() === before - sessionFds, { what: 'only the ends of the session being closed', detail: () => `${before} -> ${openFds()}` });
  expect(await daemon.complained('session')).toMatch(/descriptors/);
});

test('7.2-9 descriptors of a message that never comes whole go with its sender', async () => {
  const { direct, target } = await busMesh({ role: 'operator', interface: 'org.open.Server' });
  await service(direct, 'org.open.Server');
  const client = new BusClient(target);
  await client.hello();
  const files = [opened('one'), opened('two')];
  const before = openFds();
  client.send(call(client, 2).subarray(0, 20), files);
  client.shutdown();
  await client.ended();
  await waitFor(() => openFds() === before - sessionFds, { what: 'only the ends of the session being closed', detail: () => `${before} -> ${openFds()}` });
});

test('7.2-9 a call that is refused takes its descriptors with it', async () => {
  const { direct, target } = await busMesh({ role: 'operator', interface: 'org.open.Server' });
  const server = await service(direct, 'org.open.Server');
  const client = new BusClient(target);
  await client.hello();
  const refused = buildMessage({ type: messageType.call, flags: 0, serial: client.nextSerial(), path: '/o', member: 'M', destination: 'org.open.Else', unixFds: 1 });
  client.send(refused, [opened('lost')]);
  client.send(call(client, 1), [opened('kept')]);
  expect((await answerOne(server)).fds.map(contentOf)).toEqual(['kept']);
});

test('7.2-9 a provider that takes no descriptors makes the answer a clean ERROR, and the session works', async () => {
  const { provider, consumer, daemon } = await busMesh();
  const heard: string[] = [];
  await serve(provider.at('/run/plain'), (socket) => {
    socket.on('data', (chunk) => {
      heard.push(chunk.toString('latin1'));
      if (chunk.includes('AUTH')) socket.write(`OK ${'ab'.repeat(16)}\r\n`);
      else if (chunk.includes('NEGOTIATE')) socket.write('ERROR "no"\r\n');
    });
  });
  // Whom a bus lets in is its own business; the socket itself must be open to the role.
  chmodSync(provider.at('/run/plain'), 0o666);
  daemon.core.set([{ type: 'dbus', name: 'plain', consumer: consumer.name, provider: provider.name, role: 'operator', socket: '/run/plain', target: busSocket, interface: 'dbus', consumer_pid: consumer.pid, provider_pid: provider.pid }]);
  await daemon.printed('Link established');
  const client = new BusClient(consumer.at(busSocket));
  expect(await client.line('\0AUTH EXTERNAL 30\r\n')).toBe(`OK ${'ab'.repeat(16)}`);
  expect(await client.line('NEGOTIATE_UNIX_FD\r\n')).toMatch(/^ERROR/);
  client.send('BEGIN\r\nmessages');
  await waitFor(() => heard.join('').endsWith('messages'), { what: 'the messages reaching the provider' });
  expect(heard.join('')).toBe('\0AUTH EXTERNAL 31\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\nmessages');
  const rude = new BusClient(consumer.at(busSocket));
  rude.send('\0AUTH EXTERNAL 30\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\nmessage', [opened('not taken')]);
  await rude.ended();
});
