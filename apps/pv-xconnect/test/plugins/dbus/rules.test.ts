/** What a consumer may see, call and own, on a real bus. */
import { buildMessage, busCall } from '@pv/dbus-wire/build';
import { messageFlag, messageType } from '@pv/dbus-wire/header';
import { expect, test } from 'vitest';
import type { GraphLink } from '../../../src/graph/parse.ts';
import { busMesh, type BusMesh } from '../../kit/bus.ts';
import { answerOne, BusClient, errorName, service } from '../../kit/bus-client.ts';

type Allow = NonNullable<GraphLink['allow']>;
const allow = (rules: { roles?: string[]; see?: string[]; talk?: string[]; own?: string[] }[]): Allow => rules as Allow;

const denied = 'org.freedesktop.DBus.Error.AccessDenied';
const unknown = 'org.freedesktop.DBus.Error.ServiceUnknown';
const noOwner = 'org.freedesktop.DBus.Error.NameHasNoOwner';

interface Scene extends BusMesh {
  readonly client: BusClient;
  readonly server: BusClient & { readonly unique: string };
  readonly hidden: BusClient & { readonly unique: string };
}

/** One peer owns org.open.Server and org.open.Low, the other one org.other.Hidden's place: org.openhidden. */
async function scene(link: Partial<GraphLink>): Promise<Scene> {
  const mesh = await busMesh({ role: 'operator', ...link });
  const server = await service(mesh.direct, 'org.open.Server');
  const hidden = await service(mesh.direct, 'org.open.hidden.One');
  const client = new BusClient(mesh.target);
  await client.hello();
  return { ...mesh, client, server, hidden };
}

const onlyServer = { interface: 'org.open.Server' };

test('the interface that a requirement names is all that it reaches', async () => {
  const { client, server, hidden, daemon } = await scene(onlyServer);
  const [reply] = await Promise.all([client.call('org.open.Server', 'Do'), answerOne(server)]);
  expect(reply.body.string()).toBe('Do 0');
  expect(errorName(await client.call('org.open.hidden.One', 'Do'))).toBe(unknown);
  expect(errorName(await client.call(hidden.unique, 'Do'))).toBe(noOwner);
  expect(hidden.unasked.filter(({ header }) => header.type === messageType.call)).toEqual([]);
  expect(await daemon.complained('org.open.hidden.One')).toMatch(/^audit: refused .* role=operator rule=needs talk org\.open\.hidden\.One: call org\.x\.I\.Do of org\.open\.hidden\.One at \/o$/);
});

test('its owner is reached by its unique name too', async () => {
  const { client, server } = await scene(onlyServer);
  const [reply] = await Promise.all([client.call(server.unique, 'Do'), answerOne(server)]);
  expect(reply.body.string()).toBe('Do 0');
});

test('an owner that comes later is followed', async () => {
  const { client, direct } = await scene({ interface: 'org.open.Later' });
  expect((await client.bus('NameHasOwner', 'org.open.Later')).body.uint32()).toBe(0);
  const later = await service(direct, 'org.open.Later');
  const changed = await client.message(({ header }) => header.member === 'NameOwnerChanged');
  expect(changed.body.string()).toBe('org.open.Later');
  const [reply] = await Promise.all([client.call(later.unique, 'Do'), answerOne(later)]);
  expect(reply.body.string()).toBe('Do 0');
});

test('names that may not be seen are in no list, have no owner and no user', async () => {
  const { client, server, hidden } = await scene(onlyServer);
  const names = (await client.bus('ListNames')).body.strings();
  expect(names).toContain('org.open.Server');
  expect(names).toContain(server.unique);
  expect(names).not.toContain('org.open.hidden.One');
  expect(names).not.toContain(hidden.unique);
  expect((await client.bus('NameHasOwner', 'org.open.Server')).body.uint32()).toBe(1);
  expect((await client.bus('NameHasOwner', 'org.open.hidden.One')).body.uint32()).toBe(0);
  expect((await client.bus('GetNameOwner', 'org.open.Server')).body.string()).toBe(server.unique);
  expect(errorName(await client.bus('GetNameOwner', 'org.open.hidden.One'))).toBe(noOwner);
  expect(errorName(await client.bus('GetConnectionUnixUser', hidden.unique))).toBe(noOwner);
  expect(errorName(await client.bus('StartServiceByName', 'org.open.hidden.One', 0))).toBe(noOwner);
});

test('levels: see, talk and own, each with those before it; a subtree has its head too', async () => {
  const { client, hidden } = await scene({ allow: allow([{ see: ['org.open.hidden.*'] }, { own: ['org.open.mine.*'] }]) });
  expect((await client.bus('GetNameOwner', 'org.open.hidden.One')).body.string()).toBe(hidden.unique);
  expect(errorName(await client.call('org.open.hidden.One', 'Do'))).toBe(denied);
  expect(errorName(await client.call(hidden.unique, 'Do'))).toBe(denied);
  expect(errorName(await client.bus('StartServiceByName', 'org.open.hidden.One'))).toBe(denied);
  expect(errorName(await client.bus('RequestName', 'org.open.hidden.Two', 0))).toBe(denied);
  for (const name of ['org.open.mine', 'org.open.mine.a.b']) expect(errorName(await client.bus('RequestName', name, 0))).toBeUndefined();
  expect(errorName(await client.bus('RequestName', 'org.open.mineral', 0))).toBe(denied);
  expect(errorName(await client.bus('ReleaseName', 'org.open.mine'))).toBeUndefined();
});

test("rules are for their roles; with none of one's own, there is only the bus", async () => {
  const { client } = await scene({ allow: allow([{ roles: ['root'], talk: ['org.open.*'] }]) });
  expect((await client.bus('ListNames')).body.strings().filter((name) => !name.startsWith(':'))).toEqual(['org.freedesktop.DBus']);
  expect(errorName(await client.call('org.open.Server', 'Do'))).toBe(unknown);
});

test('an interface narrows what the provider allows, and never widens it', async () => {
  const { client } = await scene({ interface: 'org.open.hidden.One', allow: allow([{ talk: ['org.open.Server'] }]) });
  expect(errorName(await client.call('org.open.Server', 'Do'))).toBe(unknown);
  expect(errorName(await client.call('org.open.hidden.One', 'Do'))).toBe(unknown);
});

test('replies keep the order of the calls, refused ones too', async () => {
  const { client } = await scene(onlyServer);
  const calls = ['GetId', 'BecomeMonitor', 'ListNames', 'RequestName', 'GetId'].map((member) => ({ member, serial: client.nextSerial() }));
  client.send(Buffer.concat(calls.map(({ member, serial }) => busCall(serial, member, member === 'RequestName' ? ['org.open.X', 0] : []))));
  const order: number[] = [];
  for (let count = 0; count < calls.length; count++) order.push((await client.message(({ header }) => header.replySerial !== undefined)).header.replySerial ?? 0);
  expect(order).toEqual(calls.map(({ serial }) => serial));
});

test.each([
  ['BecomeMonitor', []], ['UpdateActivationEnvironment', []], ['ReloadConfig', []], ['AddMatch', ["eavesdrop='true'"]], ['AddMatch', ["type='signal', eavesdrop = 'true'"]], ['RequestName', []],
])('the bus itself does not do %s %j for a consumer', async (member, body) => {
  const { client } = await scene(onlyServer);
  expect(errorName(await client.bus(member, ...body))).toMatch(/AccessDenied|InvalidArgs/);
});

test('a method of the bus under no interface, or another one, is no way around', async () => {
  const { client } = await scene(onlyServer);
  const call = async (member: string, iface?: string): Promise<string | undefined> => {
    const serial = client.nextSerial();
    client.send(buildMessage({ type: messageType.call, flags: 0, serial, path: '/', member, destination: 'org.freedesktop.DBus', ...(iface === undefined ? {} : { interface: iface }) }));
    return errorName(await client.reply(serial));
  };
  expect(await call('BecomeMonitor')).toBe(denied);
  expect(await call('BecomeMonitor', 'org.freedesktop.DBus.Monitoring')).toBe(denied);
  expect(await call('GetStats', 'org.freedesktop.DBus.Debug.Stats')).toBe(denied);
  expect(await call('Introspect', 'org.freedesktop.DBus.Introspectable')).toBeUndefined();
});

test('broadcasts come only from those that one may talk to', async () => {
  const { client, server, hidden } = await scene(onlyServer);
  await client.bus('AddMatch', "type='signal',interface='org.x.I'");
  for (const peer of [hidden, server]) peer.send(buildMessage({ type: messageType.signal, flags: 0, serial: peer.nextSerial(), path: '/o', interface: 'org.x.I', member: 'News' }));
  expect((await client.message(({ header }) => header.member === 'News')).header.sender).toBe(server.unique);
  await hidden.bus('GetId');
  await client.bus('GetId');
  expect(client.unasked.filter(({ header }) => header.member === 'News')).toEqual([]);
});

test('a peer may call the consumer, and gets one answer; nobody else does', async () => {
  const { client, hidden } = await scene({ allow: allow([{ own: ['org.open.mine'] }]) });
  await client.bus('RequestName', 'org.open.mine', 0);
  const [reply, call] = await Promise.all([hidden.call('org.open.mine', 'Up'), answerOne(client)]);
  expect(reply.body.string()).toBe('Up 0');
  const again = { type: messageType.return, flags: 1, serial: client.nextSerial(), replySerial: call.header.serial, destination: hidden.unique };
  client.send(buildMessage(again, ['twice']));
  await client.bus('GetId');
  await hidden.bus('GetId');
  expect(hidden.unasked.filter(({ header }) => header.type === messageType.return)).toEqual([]);
});

test('a serial that still waits is not used again, nor one of ours', async () => {
  const { client, target, daemon } = await scene(onlyServer);
  client.send(Buffer.concat([busCall(70, 'ListNames', []), busCall(70, 'GetId', [])]));
  await client.ended();
  expect(await daemon.complained('session')).toContain('a call with serial 70, which still waits for its reply');
  const other = new BusClient(target);
  await other.hello();
  other.send(busCall(0xffff0001, 'GetId', []));
  await other.ended();
});

test('a call that wants no reply gets none, and neither does a refused one', async () => {
  const { client, server } = await scene(onlyServer);
  for (const destination of ['org.open.hidden.One', 'org.open.Server']) {
    client.send(buildMessage({ type: messageType.call, flags: messageFlag.noReply, serial: client.nextSerial(), path: '/o', member: 'Tell', destination }));
  }
  await server.message(({ header }) => header.member === 'Tell');
  await client.bus('GetId');
  expect(client.unasked.filter(({ header }) => header.type === messageType.error)).toEqual([]);
});

test('learning refuses nothing that a rule could allow, and notes each rule once', async () => {
  const { client, server, hidden, daemon } = await scene({ learn: true });
  for (const destination of ['org.open.Server', hidden.unique, 'org.open.Server']) await Promise.all([client.call(destination, 'Do'), answerOne(destination === 'org.open.Server' ? server : hidden)]);
  expect(errorName(await client.bus('RequestName', 'org.open.Mine', 0))).toBeUndefined();
  expect(errorName(await client.bus('BecomeMonitor'))).toBe(denied);
  await daemon.printed('learn: own org.open.Mine');
  const notes = daemon.out.filter((line) => line.includes('learn:')).map((line) => line.replace(/^.*learn: /, ''));
  expect(notes.sort()).toEqual(['own org.open.Mine', 'talk org.open.Server', 'talk org.open.hidden.One']);
});
