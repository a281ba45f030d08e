/** The same between real LXC containers, whose roots, cgroups and pid namespaces are LXC's own doing. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { link, runDaemon } from './kit/daemon.ts';
import { startLxc } from './kit/lxc.ts';
import { ask, echo, serve } from './kit/sockets.ts';

const target = '/run/pv/services/raw.sock';

test('a service is echoed between two LXC containers, and their magic links lead nowhere', async () => {
  const [consumer, provider, daemon] = await Promise.all([startLxc('consumer'), startLxc('provider'), runDaemon()]);
  mkdirSync(provider.at('/run/example'), { recursive: true });
  await serve(provider.at('/run/example/raw.sock'), echo);
  symlinkSync('/proc/1/root/run/example/raw.sock', provider.at('/run/example/magic.sock'));
  daemon.core.set([link(consumer, provider), link(consumer, provider, { name: 'magic', socket: '/run/example/magic.sock', target: '/run/magic.sock' })]);
  await daemon.printed(`Link established: ${consumer.name}/raw`);
  await daemon.printed(`Link established: ${consumer.name}/magic`);
  expect(await ask(consumer.at(target), 'Hello from client')).toBe('Hello from client');
  expect(await ask(consumer.at('/run/magic.sock'), 'Hello?')).toBe('');
  await daemon.complained('Too many symbolic links encountered');
});

test("a consumer with a user namespace gets its socket also where only its own users can make files, and it is its root's", async () => {
  const mapped = ['lxc.idmap = u 0 100000 65536', 'lxc.idmap = g 0 100000 65536', 'lxc.rootfs.options = idmap=container', 'lxc.mount.entry = none run tmpfs rw 0 0'];
  const [consumer, provider, daemon] = await Promise.all([startLxc('consumer', mapped), startLxc('provider'), runDaemon()]);
  await serve(provider.at('/run/example/raw.sock'), echo);
  daemon.core.set([link(consumer, provider)]);
  await daemon.printed(`Link established: ${consumer.name}/raw`);
  expect(await ask(`/proc/${consumer.pid}/root${target}`, 'Hello from client')).toBe('Hello from client');
  expect(await consumer.exec('stat', '-c', '%u %a', target, '/run/pv/services')).toBe('0 666\n0 755\n');
  daemon.core.set([]);
  await daemon.printed('Removing link');
  expect(await consumer.exec('ls', '-A', '/run/pv/services')).toBe('');
});
