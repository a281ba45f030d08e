/** Device nodes and mounted sockets from one instance to the next: what a link still wants stays as it is, all else goes. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { closeFd } from '@pv/pv-native/fd';
import { packetPair } from '@pv/pv-native/socket';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, onTestFinished, test } from 'vitest';
import type { GraphLink } from '../../src/graph/parse.ts';
import { tempDir } from '../kit/cleanup.ts';
import { FakeCore } from '../kit/core.ts';
import { link } from '../kit/daemon.ts';
import { card, drmLink, render } from '../kit/drm.ts';
import { startLxc, type LxcContainer } from '../kit/lxc.ts';
import { bundleProgram, program, type Program } from '../kit/program.ts';
import { echo, serve } from '../kit/sockets.ts';

bundleProgram();

const socketPath = '/run/example/raw.sock';
const direct = '/run/pv/services/raw.sock';
const denying = ['lxc.cgroup.devices.deny = a', 'lxc.cgroup.devices.allow = c *:* m'];
const version1 = existsSync('/sys/fs/cgroup/devices/devices.list');

interface Place {
  readonly core: FakeCore;
  readonly consumer: LxcContainer;
  readonly provider: LxcContainer;
  readonly links: { readonly [K in 'card' | 'render' | 'direct']: GraphLink };
  /** With `links` as the graph. Resolves when those of `awaited` (all, when not given) are established. */
  start(links: readonly GraphLink[], awaited?: readonly GraphLink[]): Promise<Program>;
}

/** /dev/null stands for a card, /dev/zero for a render node. */
async function place(): Promise<Place> {
  const run = tempDir();
  const core = new FakeCore(join(run, 'core', 'pv-core'));
  const store = packetPair(4 * 1024 * 1024);
  onTestFinished(() => store.forEach(closeFd));
  const [consumer, provider] = await Promise.all([startLxc('consumer', version1 ? denying : []), startLxc('provider'), core.start()]);
  await provider.exec('mkdir', '-p', '/dev/dri');
  await provider.exec('mknod', card, 'c', '1', '3');
  await provider.exec('mknod', render, 'c', '1', '5');
  await serve(provider.at(socketPath), echo);
  const start = async (links: readonly GraphLink[], awaited = links): Promise<Program> => {
    core.set([...links]);
    const started = program([], { PV_SYSTEM_RUNDIR: run, PV_XCONNECT_MANAGED: '1', PV_XCONNECT_STORE: '3,4', PV_XCONNECT_TEST_DEVICES: '1:3,1:5' }, store);
    for (const { consumer: name, name: service } of awaited) await started.printed(`Link established: ${name}/${service}`);
    return started;
  };
  const links = {
    card: drmLink(consumer, provider),
    render: drmLink(consumer, provider, { name: 'drm-render', socket: render, target: render }),
    direct: link(consumer, provider, { mode: 'direct' }),
  };
  return { core, consumer, provider, links, start };
}

/** Inode and device number, or what is missing. */
function seen({ exec }: LxcContainer, path: string): Promise<string> {
  return exec('stat', '-c', '%i %t:%T', path).then((text) => text.trim(), (error: Error) => (/No such file/.exec(error.message) ?? [error.message])[0]);
}

const rules = ({ name }: LxcContainer): string[] => readFileSync(`/sys/fs/cgroup/devices/lxc/${name}/devices.list`, 'latin1').trim().split('\n');

test.each(['SIGKILL', 'SIGUSR2'] as const)('after %s a node, its rule and a mount that no link wants any more go, and what is wanted stays the file that it is', async (signal) => {
  const { core, consumer, links, start } = await place();
  const first = await start([links.card, links.render, links.direct]);
  const before = await seen(consumer, render);
  if (version1) expect(rules(consumer)).toEqual(['c *:* m', 'c 1:3 rw', 'c 1:5 rw']);
  await first.signal(signal);
  expect(await seen(consumer, direct)).toMatch(/^\d+ 0:0$/);
  const second = await start([links.render]);
  expect(await Promise.all([card, direct, render].map((path) => seen(consumer, path)))).toEqual(['No such file', 'No such file', before]);
  expect(await consumer.exec('ls', '-A', '/run/pv/services')).toBe('');
  if (version1) expect(rules(consumer)).toEqual(['c *:* m', 'c 1:5 rw']);
  core.set([]);
  await second.printed('Removing link');
  expect(await seen(consumer, render)).toBe('No such file');
  if (version1) expect(rules(consumer)).toEqual(['c *:* m']);
  expect(second.err().replace(/^.*PV_XCONNECT_TEST_DEVICES.*\n/, '')).toBe('');
});

test('a file that the provider has taken back meanwhile goes, although its link is still there', async () => {
  const { consumer, provider, links, start } = await place();
  const first = await start([links.card, links.direct]);
  await first.signal('SIGKILL');
  await provider.exec('rm', card);
  rmSync(provider.at(socketPath));
  const second = await start([links.card, links.direct], []);
  await waitFor(() => ['drm-master', 'raw'].every((name) => second.err().includes(`Failed to add link for ${name}: `)), { what: 'two failures', detail: second.err });
  expect(await Promise.all([card, direct].map((path) => seen(consumer, path)))).toEqual(['No such file', 'No such file']);
});

test('of a provider that has ended meanwhile a mounted socket goes, and a node stays', async () => {
  const { consumer, provider, links, start } = await place();
  const first = await start([links.card, links.direct]);
  const before = await seen(consumer, card);
  await first.signal('SIGKILL');
  await provider.kill();
  const second = await start([links.card, links.direct].map((one) => ({ ...one, provider_pid: 0 })), []);
  await second.printed(`Link waiting: ${consumer.name}/raw`);
  expect(await Promise.all([card, direct].map((path) => seen(consumer, path)))).toEqual([before, 'No such file']);
});

test('what the container has put in the place of a file meanwhile is left alone', async () => {
  const { consumer, links, start } = await place();
  const first = await start([links.card]);
  await first.signal('SIGKILL');
  await consumer.exec('rm', card);
  await consumer.exec('mknod', card, 'c', '1', '7');
  const mine = await seen(consumer, card);
  await start([links.render]);
  expect(await seen(consumer, card)).toBe(mine);
});
