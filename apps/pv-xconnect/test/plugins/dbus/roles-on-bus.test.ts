/** Links of several roles beside each other, and what becomes of them. */
import { linkSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startBus, busMesh, busSocket } from '../../kit/bus.ts';
import { BusClient, userOf } from '../../kit/bus-client.ts';
import { startContainer } from '../../kit/container.ts';
import { link } from '../../kit/daemon.ts';

async function whoAt(path: string): Promise<number> {
  const client = new BusClient(path);
  return userOf(client, await client.hello());
}

const other = '/run/dbus/other_socket';

test('7.2-8 two targets of one consumer with two roles are two users', async () => {
  const { consumer, target, daemon } = await busMesh({ role: 'root' }, { role: 'operator', target: other });
  expect(await Promise.all([whoAt(target), whoAt(consumer.at(other)), whoAt(target)])).toEqual([0, 1, 0]);
  const masks = daemon.out.filter((line) => line.startsWith('pvx-dbus: Masquerading'));
  expect(masks.sort()).toEqual([`pvx-dbus: Masquerading D-Bus identity as role 'operator' (UID 1) for service bus [${consumer.name}/bus]`, `pvx-dbus: Masquerading D-Bus identity as role 'root' (UID 0) for service bus [${consumer.name}/bus]`]);
});

test('7.2-8 a role that is changed while a session lives ends that session, and the next one is the new role', async () => {
  const { consumer, provider, target, daemon } = await busMesh({ role: 'root' });
  const client = new BusClient(target);
  await client.hello();
  daemon.core.set([link(consumer, provider, { type: 'dbus', name: 'bus', socket: busSocket, target: busSocket, interface: 'dbus', role: 'nobody' })]);
  await daemon.printed('UID 65534');
  await daemon.printed('Link established');
  expect(await whoAt(target)).toBe(65_534);
});

test('7.2-8 whoever connects to the socket of a link, another consumer by a shared volume too, is what the link says', async () => {
  const { provider, target, daemon, consumer } = await busMesh({ role: 'operator' });
  const neighbour = await startContainer('neighbour');
  daemon.core.set([
    link(consumer, provider, { type: 'dbus', name: 'bus', socket: busSocket, target: busSocket, interface: 'dbus', role: 'operator' }),
    link(neighbour, provider, { type: 'dbus', name: 'bus', socket: busSocket, target: busSocket, interface: 'dbus', role: 'root' }),
  ]);
  await daemon.printed(`Link established: ${neighbour.name}`);
  const shared = consumer.at('/run/shared_socket');
  linkSync(neighbour.at(busSocket), shared);
  expect([await whoAt(target), await whoAt(neighbour.at(busSocket)), await whoAt(shared), await whoAt(target)]).toEqual([1, 0, 0, 1]);
});

test('a role that the provider does not have is nobody, and said so', async () => {
  const { consumer, target, daemon } = await busMesh({ role: 'stranger' });
  expect(await whoAt(target)).toBe(65_534);
  expect(daemon.out).toContain(`pvx-dbus: Role 'stranger' not found in provider, using UID 65534 (nobody) [${consumer.name}/bus]`);
});

test('a role of another name that is root is said so, since it is the provider that writes its passwd', async () => {
  const { consumer, provider, daemon } = await busMesh();
  writeFileSync(provider.at('/etc/passwd'), 'backup:x:0:0::/:\n');
  daemon.core.set([link(consumer, provider, { type: 'dbus', name: 'bus', socket: busSocket, target: busSocket, interface: 'dbus', role: 'backup' })]);
  await daemon.printed('Link established');
  expect(await whoAt(consumer.at(busSocket))).toBe(0);
  expect(daemon.err).toContain(`pvx-dbus: ${provider.name} makes its role 'backup' root on its bus [${consumer.name}/bus]`);
});

test('a bus that comes back is reached again, under the same role', async () => {
  const { provider, target } = await busMesh({ role: 'operator' });
  expect(await whoAt(target)).toBe(1);
  rmSync(provider.at(busSocket));
  await startBus(provider.at(busSocket));
  expect(await whoAt(target)).toBe(1);
});
