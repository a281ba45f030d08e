/** The documented example of the hosted system bus on the real boot: its owner, a caller, and somebody who wants the name. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Link } from '@pv/contract/graph';
import { buildExamples, buildExport } from '@pv/examples/build';
import { waitFor } from '@pv/testkit/wait-for';
import { afterAll, describe, expect, it } from 'vitest';
import { run, useBooted } from '../kit/booted.ts';

const [server, client, thief] = ['pv-example-dbus-host-server', 'pv-example-dbus-host-client', 'thief'];
const target = '/run/dbus/system_bus_socket';
const out = mkdtempSync(join(tmpdir(), 'pv-hosted-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

/** The example's attacker, with the role that may call the service. */
async function thiefExport(): Promise<string> {
  const path = join(out, `${thief}.pvrexport.tgz`);
  const start = join(import.meta.dirname, '../../packages/examples/containers/pv-example-dbus-client-attacker/start');
  const required = [{ name: 'system-bus', type: 'dbus', role: 'operator', target }];
  await buildExport(path, { name: thief, start, args: { PV_GROUP: 'app', PV_SERVICES_REQUIRED: required }, programs: ['/usr/bin/perl'], files: ['dbus-perl', 'dbus-attack'] }, '/bin/busybox', 0);
  return path;
}

const device = useBooted(async () => ({
  exports: [...(await buildExamples({ out, names: [server, client] })), await thiefExport()],
  env: { PV_XCONNECT_DBUS_SYSTEMBUS_ENABLED: '1' },
}));

async function says(container: string, text: RegExp): Promise<string> {
  return waitFor(async () => {
    const console = await device.console(container);
    return text.test(console) ? console : undefined;
  }, { what: `${container} saying ${text}`, timeoutMs: 60_000, detail: async () => `${await device.console(container)}\n${device.box.log() ?? ''}` });
}

describe('7.1-12 the hosted bus', () => {
  it('is a daemon, and the links to it have the ids of their roles', async () => {
    expect(await device.daemon('pv-dbus')).toMatchObject({ pid: expect.toSatisfy((pid: number) => pid > 0) as number, respawn: true });
    const links = JSON.parse((await device.box.pvcontrol('graph', 'ls')).stdout) as Link[];
    expect(links.map(({ consumer, provider, provider_pid, role, socket, uid }) => ({ consumer, provider, provider_pid, role, socket, uid })).sort((a, b) => a.consumer.localeCompare(b.consumer))).toEqual([
      { consumer: client, provider: '_pv_', provider_pid: 0, role: 'operator', socket: `${run}/dbus/system_bus_socket`, uid: 90_000 },
      { consumer: server, provider: '_pv_', provider_pid: 0, role: 'example-service', socket: `${run}/dbus/system_bus_socket`, uid: 90_001 },
      { consumer: thief, provider: '_pv_', provider_pid: 0, role: 'operator', socket: `${run}/dbus/system_bus_socket`, uid: 90_000 },
    ]);
  });

  it('gives the name to its owner, and answers to a role that may call', async () => {
    await says(server, /Starting D-Bus example service on org\.pantavisor\.Example/);
    expect(await says(client, /method return/)).toContain('string "{"service": "dbus-example", "status": "active"}"');
    await says(server, /GetInfo for :[0-9.]+, user 90000\b/);
  });

  it('lets the caller neither own the name nor be somebody else', async () => {
    const console = await says(thief, /SUCCESS: Name ownership rejected as expected: org\.freedesktop\.DBus\.Error\.AccessDenied/);
    expect(console).toContain('The bus takes us for user 90000');
    expect(console).not.toContain('ERROR');
  });

  it('comes back when it is killed, and so do service and client', async () => {
    const answers = (await device.console(client)).split('method return').length;
    const { pid } = await device.daemon('pv-dbus');
    await device.box.exec(['kill', '-KILL', String(pid)]);
    await waitFor(async () => (await device.console(client)).split('method return').length > answers, { what: 'an answer after the restart', timeoutMs: 60_000, detail: () => device.console(server) });
    const again = (await device.daemon('pv-dbus')).pid;
    expect(again).not.toBe(pid);
    // It began while containers were mounted: it must not keep their volumes.
    const mounts = (await device.box.exec(['cat', `/proc/${again}/mounts`])).stdout;
    expect(mounts).toContain(' /etc/passwd ');
    expect(mounts).not.toContain(`${run}/volumes/`);
  });
});

it('stays when pv-core is killed, and the next one adopts it', async () => {
  const { pid } = await device.daemon('pv-dbus');
  const answers = (await device.console(client)).split('method return').length;
  const starts = async (): Promise<number> => (await device.console(server)).split('Starting D-Bus example service').length;
  const before = await starts();
  device.box.kill('pv-core', 'SIGKILL');
  await device.appengine.waitForLog(`adopted daemon pv-dbus: ${pid}`);
  // The one before may have been killed when it had just written new rules.
  await device.appengine.waitForLog('Reloaded configuration');
  await waitFor(async () => (await device.console(client)).split('method return').length > answers, { what: 'an answer afterwards', timeoutMs: 60_000, detail: () => device.console(server) });
  expect((await device.daemon('pv-dbus')).pid).toBe(pid);
  expect(await starts()).toBe(before);
});

it('7.1-8 can be stopped and started', async () => {
  expect((await device.box.pvcontrol('daemons', 'stop', 'pv-dbus')).code).toBe(0);
  await waitFor(async () => (await device.daemon('pv-dbus')).pid === -1, { what: 'the end of the bus' });
  expect(await device.daemon('pv-dbus')).toMatchObject({ respawn: false });
  await device.box.pvcontrol('daemons', 'start', 'pv-dbus');
  await waitFor(async () => (await device.daemon('pv-dbus')).pid > 0, { what: 'the bus' });
});

it('the ids are kept in the storage, for root only', async () => {
  const path = '/var/pantavisor/storage/config/dbus-role-uids.json';
  expect(JSON.parse((await device.box.read(path)) ?? '')).toEqual({ operator: 90_000, 'example-service': 90_001, monitor: 90_002 });
  expect((await device.box.exec(['stat', '-c', '%a', path])).stdout.trim()).toBe('600');
});
