/** Devices between real LXC containers, whose devices, control groups and roots are LXC's own doing. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { card, DrmBench, drmLink, pinned, render } from '../../kit/drm.ts';
import { permittedIn } from '../../kit/device-programs.ts';
import { startLxc, type LxcContainer } from '../../kit/lxc.ts';

/** Else version 2 alone; version-2.test.ts runs this file there. */
const version1 = existsSync('/sys/fs/cgroup/devices/devices.list');
const rules = version1 ? 'lxc.cgroup.devices' : 'lxc.cgroup2.devices';
/** As distributions' own defaults have it: nothing may be opened that is not listed. */
const denying = [`${rules}.deny = a`, `${rules}.allow = c *:* m`];

/** The kernel's list; on version 2 what was put before LXC's program, written alike. */
function devicesList({ name }: LxcContainer): string {
  if (version1) return readFileSync(`/sys/fs/cgroup/devices/lxc/${name}/devices.list`, 'utf8');
  return permittedIn(`/sys/fs/cgroup/lxc/${name}`).map((number) => `c ${number} rw\n`).join('');
}
const nodeOf = async (container: LxcContainer, path: string): Promise<string> => (await container.exec('stat', '-c', '%A %u %g %t:%T', path)).trim();
const inode = (container: LxcContainer, path: string): Promise<string> => container.exec('stat', '-c', '%i', path);
const absent = (container: LxcContainer, path: string): Promise<string> => container.exec('test', '!', '-e', path);

async function makeIn(container: LxcContainer, path: string, major: number, minor: number, mode = '0660'): Promise<void> {
  await container.exec('mkdir', '-p', '/dev/dri');
  await container.exec('mknod', '-m', mode, path, 'c', String(major), String(minor));
  await container.exec('chown', '0:44', path);
}

async function pair(conf: readonly string[] = []): Promise<{ consumer: LxcContainer; provider: LxcContainer; bench: DrmBench }> {
  const [consumer, provider] = await Promise.all([startLxc('consumer', conf), startLxc('provider')]);
  return { consumer, provider, bench: new DrmBench() };
}

describe('between LXC containers', () => {
  test("7.1-4 the provider's card, 226:0, is in the consumer as the provider has it, and goes with the link", async () => {
    const { consumer, provider, bench } = await pair();
    await makeIn(provider, card, 226, 0);
    const active = bench.establish(consumer, provider);
    expect(await nodeOf(consumer, card)).toBe('crw-rw---- 0 44 e2:0');
    expect(active.intact()).toBe(true);
    expect(bench.out.slice(0, 2)).toEqual([`pvx-drm: Adding DRM link for ${consumer.name} (role: client)`, `pvx-drm: Target: ${card}, Provider Node: ${card}`]);
    active.close(0);
    await absent(consumer, card);
    expect(await nodeOf(provider, card)).toBe('crw-rw---- 0 44 e2:0');
  });

  test('7.2-13 a control group that denies is opened for exactly that device, for reading and writing, and closed again', async () => {
    const { consumer, provider, bench } = await pair(denying);
    await makeIn(provider, card, 1, 3);
    const before = devicesList(consumer);
    const active = bench.establish(consumer, provider);
    expect(active.remark).toBeUndefined();
    expect(devicesList(consumer)).toBe(`${before}c 1:3 rw\n`);
    await consumer.exec('sh', '-c', `echo x > ${card}`);
    await consumer.exec('ln', card, '/dev/kept');
    active.close(0);
    expect(devicesList(consumer)).toBe(before);
    await expect(consumer.exec('sh', '-c', 'echo x > /dev/kept')).rejects.toThrow('Operation not permitted');
  });

  test('what the container was allowed before stays allowed after', async () => {
    const { consumer, provider, bench } = await pair([...denying, `${rules}.allow = c 1:* rw`]);
    await makeIn(provider, card, 1, 3);
    const before = devicesList(consumer);
    bench.establish(consumer, provider).close(0);
    expect(devicesList(consumer)).toBe(before);
  });

  test('two links to one device need one rule, until both have gone', async () => {
    const { consumer, provider, bench } = await pair(denying);
    await makeIn(provider, card, 1, 3);
    const before = devicesList(consumer);
    const [first, second] = [bench.establish(consumer, provider), bench.establish(consumer, provider, { target: '/dev/second' })];
    first.close(0);
    await consumer.exec('sh', '-c', 'echo x > /dev/second');
    second.close(0);
    expect(devicesList(consumer)).toBe(before);
  });

  test('a refused link leaves no rule and no claim behind', async () => {
    const { consumer, provider, bench } = await pair(denying);
    const other = await startLxc('other');
    await makeIn(provider, card, 1, 3);
    await consumer.exec('sh', '-c', 'mkdir -p /dev/dri; echo mine > /dev/dri/card0');
    const before = devicesList(consumer);
    expect(bench.refusal(consumer, provider)).toBe(`${card} exists and is not a device node; it is left as it is`);
    expect(devicesList(consumer)).toBe(before);
    expect(await consumer.exec('cat', card)).toBe('mine\n');
    bench.establish(other, provider);
  });

  test('7.2-13 a node that is right already stays the same file, also when the provider restarts with the same device', async () => {
    const { consumer, provider, bench } = await pair();
    const again = await startLxc('provider');
    for (const one of [provider, again]) await makeIn(one, card, 1, 3);
    await makeIn(consumer, card, 1, 3);
    const before = await inode(consumer, card);
    const active = bench.establish(consumer, provider);
    active.useProvider(undefined);
    expect(active.intact()).toBe(true);
    active.useProvider(pinned(again));
    expect(await inode(consumer, card)).toBe(before);
    expect(active.intact()).toBe(true);
  });

  test('a provider that restarts with another device, mode or owner has it changed in the consumer', async () => {
    const { consumer, provider, bench } = await pair();
    const again = await startLxc('provider');
    await makeIn(provider, card, 226, 0);
    await makeIn(again, card, 226, 1, '0600');
    const active = bench.establish(consumer, provider);
    active.useProvider(pinned(again));
    expect(await nodeOf(consumer, card)).toBe('crw------- 0 44 e2:1');
    expect(active.intact()).toBe(true);
  });

  test('what the provider stops exporting goes from the consumer, and comes back with it', async () => {
    const { consumer, provider, bench } = await pair();
    await makeIn(provider, card, 226, 0);
    const active = bench.establish(consumer, provider);
    await provider.exec('rm', card);
    expect(active.intact()).toBe(false);
    bench.clock.advance(5);
    expect(bench.out.at(-1)).toContain(`${card} is taken from ${consumer.name}: ${card} of the provider: No such file or directory`);
    await absent(consumer, card);
    await makeIn(provider, card, 226, 0);
    bench.clock.advance(5);
    expect(active.intact()).toBe(true);
    expect(await nodeOf(consumer, card)).toBe('crw-rw---- 0 44 e2:0');
  });

  test('a node that the container has swapped is not touched', async () => {
    const { consumer, provider, bench } = await pair();
    await makeIn(provider, card, 226, 0);
    const active = bench.establish(consumer, provider);
    await consumer.exec('sh', '-c', `rm ${card}; echo mine > ${card}`);
    expect(active.intact()).toBe(false);
    active.close(0);
    expect(await consumer.exec('cat', card)).toBe('mine\n');
  });

  test('a card has one consumer at a time, and the refusal names it; render nodes have many', async () => {
    const { consumer, provider, bench } = await pair();
    const rival = await startLxc('rival');
    await makeIn(provider, card, 226, 0);
    await makeIn(provider, render, 226, 128);
    const active = bench.establish(consumer, provider);
    expect(bench.refusal(rival, provider)).toBe(`the card 226:0 is held by container ${consumer.name}; only one can be its master`);
    await absent(rival, card);
    for (const one of [consumer, rival]) bench.establish(one, provider, { name: 'drm-render', socket: render, target: render });
    expect(await nodeOf(rival, render)).toBe('crw-rw---- 0 44 e2:80');
    active.close(0);
    bench.establish(rival, provider);
  });

  test('the role decides which kind it gets', async () => {
    const { consumer, provider, bench } = await pair();
    await makeIn(provider, card, 226, 0);
    expect(bench.refusal(consumer, provider, { role: 'render' })).toContain("the role 'render' gets render nodes only");
    bench.establish(consumer, provider, { role: 'master' });
  });

  test('7.2-13 a provider that is its own consumer, or shares the file with it, gets no node deleted', async () => {
    const { provider, bench } = await pair();
    await makeIn(provider, card, 226, 0);
    expect(bench.plugin.refusal(drmLink(provider, provider))).toBe('its target is the very node that it provides');
    await provider.exec('ln', '-s', 'dri', '/dev/alias');
    expect(bench.refusal(provider, provider, { target: '/dev/alias/card0' })).toBe('/dev/alias/card0 is the very node that the provider exports');
    expect(await nodeOf(provider, card)).toBe('crw-rw---- 0 44 e2:0');
  });

  test('a link whose consumer has ended is closed without a trace', async () => {
    const { consumer, provider, bench } = await pair(denying);
    await makeIn(provider, card, 1, 3);
    const active = bench.establish(consumer, provider);
    await consumer.kill();
    expect(() => active.close(0)).not.toThrow();
  });
});
