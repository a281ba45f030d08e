/** The runtime under a real systemd, from the Debian packages. */
import type { Container } from '@pv/contract/containers';
import type { CommandResult } from '@pv/testkit/box/command';
import { exampleExports } from '@pv/testkit/example-exports';
import { waitFor } from '@pv/testkit/wait-for';
import { beforeAll, expect, it } from 'vitest';
import { installing, packageNames, useDebianPackages } from '../kit/debian-packages.ts';
import { bootSystemd } from '../kit/systemd-root.ts';

const packages = useDebianPackages({ cgroups: 'unified' });
const state: { run?: Awaited<ReturnType<typeof bootSystemd>> } = {};
const run = (...argv: readonly string[]): Promise<CommandResult> => (state.run ?? expect.fail('no systemd'))(...argv);

beforeAll(async () => {
  const root = await packages.root('systemd');
  await root.must(...installing(...packageNames));
  await root.bring('usr/lib/pantavisor/pvtx.d', (await exampleExports()).path('pv-example-app'));
  state.run = await bootSystemd(packages.box(), root);
});

const unit = async (property: string): Promise<string> => (await run('systemctl', 'show', '--value', '-p', property, 'pv-appengine')).stdout.trim();

async function started(): Promise<Container> {
  const read = async (): Promise<Container | undefined> => {
    const { code, stdout } = await run('pvcontrol', 'ls');
    return code === 0 ? (JSON.parse(stdout) as Container[]).find(({ status }) => status === 'STARTED') : undefined;
  };
  return waitFor(read, { what: 'a container that runs', timeoutMs: 60_000, detail: () => packages.box().log() ?? 'no log' });
}

it('is off after the installation, and its users are there', async () => {
  expect([await unit('ActiveState'), await unit('UnitFileState')]).toEqual(['inactive', 'disabled']);
  expect((await run('getent', 'passwd', 'pv-ctrl', 'pv-dbus')).stdout).toBe('pv-ctrl:x:65411:65411:Pantavisor control API:/:/usr/sbin/nologin\npv-dbus:x:65412:65412:Pantavisor system bus for containers:/:/usr/sbin/nologin\n');
});

it('is turned on, and tells the journal what it does', async () => {
  expect(await run('systemctl', 'enable', '--now', 'pv-appengine')).toMatchObject({ code: 0 });
  await started();
  expect((await run('journalctl', '-u', 'pv-appengine')).stdout).toContain('launching pantavisor rev=0');
});

it('is started again when it is killed, and the containers go on', async () => {
  const before = await started();
  const killed = packages.box().kill('pv-appengine', 'SIGKILL');
  await waitFor(() => packages.box().pidsOf('pv-appengine').some((pid) => pid !== killed) && packages.box().pidsOf('pv-core').length === 1, { what: 'another pv-appengine' });
  await waitFor(async () => (await run('journalctl', '-u', 'pv-appengine')).stdout.includes('taking over'), { what: 'a word about it' });
  expect(await started()).toMatchObject({ name: before.name, pid: before.pid });
});

it('stops its containers when it is stopped', async () => {
  expect(await run('systemctl', 'stop', 'pv-appengine')).toMatchObject({ code: 0 });
  expect([await unit('ActiveState'), await unit('Result'), await unit('ExecMainStatus')]).toEqual(['inactive', 'success', '0']);
  expect(['pv-appengine', 'pv-core', 'pv-ctrl', 'pv-xconnect'].flatMap((name) => packages.box().pidsOf(name))).toEqual([]);
});

it('is stopped, and leaves nothing, when its package is purged', async () => {
  await run('systemctl', 'start', 'pv-appengine');
  await started();
  expect(await run('dpkg', '--purge', 'pv-appengine')).toMatchObject({ code: 0 });
  expect((await run('systemctl', 'is-enabled', 'pv-appengine')).stdout).toBe('not-found\n');
  expect((await run('find', '/etc', '/usr', '-name', '*pv-appengine*')).stdout).toBe('');
  expect(packages.box().pidsOf('pv-core')).toEqual([]);
});
