/** A bus in a real container with a user namespace: roles are its own users, whatever numbers the host has for them. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, test } from 'vitest';
import { busConfiguration, busSocket } from '../../kit/bus.ts';
import { BusClient, userOf } from '../../kit/bus-client.ts';
import { startContainer } from '../../kit/container.ts';
import { link, runDaemon } from '../../kit/daemon.ts';
import { startLxc } from '../../kit/lxc.ts';

const mapped = ['lxc.idmap = u 0 100000 65536', 'lxc.idmap = g 0 100000 65536', 'lxc.rootfs.options = idmap=container', 'lxc.mount.entry = /usr usr none bind,ro,create=dir 0 0'];

test('a role is the user that the container itself knows by that number', async () => {
  const [consumer, provider, daemon] = await Promise.all([startContainer('consumer'), startLxc('provider', mapped), runDaemon()]);
  for (const directory of ['/etc', '/run/dbus']) mkdirSync(provider.at(directory), { recursive: true });
  for (const library of ['lib', 'lib64']) symlinkSync(`usr/${library}`, provider.at(`/${library}`));
  writeFileSync(provider.at('/etc/passwd'), 'root:x:0:0::/:\noperator:x:1001:1001::/:\nnobody:x:65534:65534::/:\n');
  writeFileSync(provider.at('/etc/bus.conf'), busConfiguration(busSocket));
  await provider.exec('sh', '-c', '/usr/bin/dbus-daemon --fork --nopidfile --nosyslog --config-file=/etc/bus.conf');
  await waitFor(() => provider.exec('test', '-S', busSocket).then(() => true, () => false), { what: 'the bus' });
  const roles = ['root', 'operator', 'stranger'];
  daemon.core.set(roles.map((role) => link(consumer, provider, { type: 'dbus', name: role, role, socket: busSocket, target: `/run/${role}`, interface: 'dbus' })));
  for (const role of roles) await daemon.printed(`Link established: ${consumer.name}/${role}`);
  const users = await Promise.all(roles.map(async (role) => {
    const client = new BusClient(consumer.at(`/run/${role}`));
    return userOf(client, await client.hello());
  }));
  expect(users).toEqual([0, 1001, 65_534]);
});
