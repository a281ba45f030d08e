/** An instance that ends between putting a file into a consumer and writing down which: the next one finds it all the same. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { closeFd } from '@pv/pv-native/fd';
import { packetPair } from '@pv/pv-native/socket';
import { ManualClock } from '@pv/testkit/manual-clock';
import { expect, onTestFinished, test } from 'vitest';
import type { GraphLink } from '../../src/graph/parse.ts';
import { Keeper } from '../../src/handover/keeper.ts';
import { FdStore } from '../../src/handover/store.ts';
import { drmPlugin } from '../../src/plugins/drm/drm.ts';
import type { Plugin, PluginContext } from '../../src/plugins/plugin.ts';
import { unixPlugin } from '../../src/plugins/unix/unix.ts';
import { link } from '../kit/daemon.ts';
import { card, drmLink, pinned } from '../kit/drm.ts';
import { startLxc, type LxcContainer } from '../kit/lxc.ts';
import { bundleMountWorker } from '../kit/mount-worker.ts';
import { echo, serve } from '../kit/sockets.ts';

const takeSteps = bundleMountWorker();
const version1 = existsSync('/sys/fs/cgroup/devices/devices.list');
const mapped = ['lxc.idmap = u 0 100000 65536', 'lxc.idmap = g 0 100000 65536', 'lxc.rootfs.options = idmap=container'];
const denying = version1 ? ['lxc.cgroup.devices.deny = a', 'lxc.cgroup.devices.allow = c *:* m'] : [];

/** A keeper that comes no further than the file itself. */
class Killed extends Keeper {
  override keepFile(): never {
    throw new Error('killed');
  }
}

function newStore(): () => FdStore {
  const clock = new ManualClock();
  const [write, read] = packetPair(1024 * 1024);
  onTestFinished(() => [write, read].forEach(closeFd));
  return () => new FdStore(write, read, (seconds, work) => clock.after(seconds, work));
}

/** What another instance does that has no such link in its graph. */
async function expectFoundByNext(makePlugin: () => Plugin, one: GraphLink, consumer: LxcContainer, provider: LxcContainer): Promise<void> {
  const store = newStore();
  const before = readdirSync(`/proc/${consumer.pid}/root/dev`);
  const context = { lines: { out: () => undefined, err: () => undefined }, clock: new ManualClock(), random: Math.random, keeper: new Killed(store(), () => undefined) } as unknown as PluginContext;
  expect(() => makePlugin().establish(one, pinned(consumer), pinned(provider), context)).toThrow('killed');
  expect(existsSync(`/proc/${consumer.pid}/root${one.target}`)).toBe(true);
  const next = makePlugin();
  new Keeper(store(), (file, pin) => next.removeLeft?.(file, pin)).forgetOthers([]);
  expect(existsSync(`/proc/${consumer.pid}/root${one.target}`)).toBe(false);
  expect(readdirSync(`/proc/${consumer.pid}/root/dev`).filter((name) => name !== 'dri')).toEqual(before);
}

const drm = (): Plugin => drmPlugin(new Set(['1:3']), takeSteps);

test.each([['', denying], [' of a container with a user namespace', mapped]] as const)('a device node%s, and the rule with it', async (_what, conf) => {
  const [consumer, provider] = await Promise.all([startLxc('consumer', conf), startLxc('provider')]);
  await provider.exec('mkdir', '-p', '/dev/dri');
  await provider.exec('mknod', card, 'c', '1', '3');
  const rules = (): string => (version1 ? readFileSync(`/sys/fs/cgroup/devices/lxc/${consumer.name}/devices.list`, 'latin1') : '');
  const before = rules();
  await expectFoundByNext(drm, drmLink(consumer, provider), consumer, provider);
  expect(rules()).toBe(before);
});

test('a mounted socket', async () => {
  const [consumer, provider] = await Promise.all([startLxc('consumer'), startLxc('provider')]);
  await serve(provider.at('/run/example/raw.sock'), echo);
  await expectFoundByNext(() => unixPlugin(takeSteps), link(consumer, provider, { mode: 'direct' }), consumer, provider);
});

test('what was only announced takes nothing away that is something else, and a refusal takes the announcement back', async () => {
  const [consumer, provider] = await Promise.all([startLxc('consumer'), startLxc('provider')]);
  await provider.exec('mkdir', '-p', '/dev/dri');
  await provider.exec('mknod', card, 'c', '1', '3');
  await consumer.exec('mkdir', '-p', '/dev/dri');
  await consumer.exec('mknod', card, 'c', '1', '7');
  const store = newStore();
  const keeper = new Keeper(store(), () => undefined);
  const pins = [pinned(consumer), pinned(provider)] as const;
  const context = { lines: { out: () => undefined, err: () => undefined }, clock: new ManualClock(), random: Math.random, keeper } as unknown as PluginContext;
  expect(drm().establish(drmLink(consumer, provider), ...pins, context)).toMatchObject({ kind: 'failed' });
  expect(store().take().size).toBe(0);
  keeper.announceFile(drmLink(consumer, provider), pins[0], { is: 'node', rdev: 0x103 }, undefined);
  const next = drm();
  new Keeper(store(), (file, pin) => next.removeLeft?.(file, pin)).forgetOthers([]);
  expect(statSync(`/proc/${consumer.pid}/root${card}`).rdev).toBe(0x107);
});
