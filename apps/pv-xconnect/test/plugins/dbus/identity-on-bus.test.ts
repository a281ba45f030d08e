/** Who a consumer is on a real bus: what its role says, whatever it says itself. */
import { busCall } from '@pv/dbus-wire/build';
import { expect, test } from 'vitest';
import { busMesh } from '../../kit/bus.ts';
import { BusClient, errorName, userOf } from '../../kit/bus-client.ts';

const tricks: [string, (client: BusClient) => Promise<unknown>][] = [
  ['an honest statement', (client) => client.line('\0AUTH EXTERNAL 3635353334\r\n')],
  ['a claim to be root', (client) => client.line('\0AUTH EXTERNAL 30\r\n')],
  ['trailing junk', (client) => client.line('\0AUTH EXTERNAL 30 0 root\r\n')],
  ['a bare AUTH EXTERNAL and empty DATA', async (client) => [await client.line('\0AUTH EXTERNAL\r\n'), await client.line('DATA\r\n')]],
  ['a bare AUTH EXTERNAL and DATA of root', async (client) => [await client.line('\0AUTH EXTERNAL\r\n'), await client.line('DATA 30\r\n')]],
  ['a second AUTH after REJECTED', async (client) => [await client.line('\0AUTH ANONYMOUS\r\n'), await client.line('AUTH EXTERNAL 30\r\n')]],
  ['a bare AUTH before', async (client) => [await client.line('\0AUTH\r\n'), await client.line('AUTH EXTERNAL 30\r\n')]],
  ['a second AUTH after OK', async (client) => [await client.line('\0AUTH EXTERNAL 3635353334\r\n'), await client.line('AUTH EXTERNAL 30\r\n')]],
  ['a CANCEL and AUTH again', async (client) => [await client.line('\0AUTH EXTERNAL 31\r\n'), await client.line('CANCEL\r\n'), await client.line('AUTH EXTERNAL 30\r\n')]],
  ['COOKIE_SHA1 first', async (client) => [await client.line('\0AUTH DBUS_COOKIE_SHA1 30\r\n'), await client.line('AUTH EXTERNAL 30\r\n')]],
  ['lower case first', async (client) => [await client.line('\0auth external 30\r\n'), await client.line('AUTH EXTERNAL 30\r\n')]],
];

test.each(tricks)('7.2-6 the role nobody stays nobody after %s', async (_, trick) => {
  const { target } = await busMesh({ role: 'nobody' });
  const client = new BusClient(target);
  await trick(client);
  client.begin();
  const unique = (await client.bus('Hello')).body.string();
  expect(await userOf(client, unique)).toBe(65_534);
  expect(errorName(await client.bus('RequestName', 'org.pantavisor.Example', 0))).toBeDefined();
});

test('7.2-6 AUTH, BEGIN and Hello in one packet', async () => {
  const { target } = await busMesh({ role: 'nobody' });
  const client = new BusClient(target);
  client.nextSerial();
  client.send(Buffer.concat([Buffer.from('\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n'), busCall(1, 'Hello', [])]));
  await client.line('');
  await client.line('');
  client.messagesFollow();
  const unique = (await client.reply(1)).body.string();
  expect(await userOf(client, unique)).toBe(65_534);
});
