/** A stock service on the hosted system bus: Debian's avahi-daemon in one container, a client of it in another. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildExamples } from '@pv/examples/build';
import { waitFor } from '@pv/testkit/wait-for';
import { afterAll, expect, it } from 'vitest';
import { useBooted } from '../kit/booted.ts';
import { customExport } from '../kit/custom-export.ts';

const [server, browser, stranger] = ['pv-avahi', 'pv-avahi-browse', 'stranger'];
const bus = '/run/dbus/system_bus_socket';
const out = mkdtempSync(join(tmpdir(), 'pv-avahi-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

const device = useBooted(async () => ({
  exports: [
    ...(await buildExamples({ out, names: [server, browser] })),
    await customExport(out, {
      name: stranger, programs: ['/usr/bin/dbus-send'],
      args: { PV_GROUP: 'app', PV_SERVICES_REQUIRED: [{ name: 'system-bus', type: 'dbus', role: 'stranger', target: bus }] },
      script: `while :; do dbus-send --bus=unix:path=${bus} --print-reply --dest=org.freedesktop.Avahi / org.freedesktop.Avahi.Server.GetVersionString 2>&1; sleep 0.5; done`,
    }),
  ],
  env: { PV_XCONNECT_DBUS_SYSTEMBUS_ENABLED: '1' },
}));

async function says(container: string, text: RegExp): Promise<string> {
  return waitFor(async () => {
    const console = await device.console(container);
    return text.test(console) ? console : undefined;
  }, { what: `${container} saying ${text}`, timeoutMs: 60_000, detail: async () => `${await device.console(server)}\n${await device.console(container)}\n${device.box.log() ?? ''}` });
}

it('7.1-13 avahi-daemon owns its name, a client with the role monitor is told its version, and a role that is not allowed is refused', async () => {
  await says(server, new RegExp(`pv-avahi: hosted D-Bus system bus at ${bus} -> enabling D-Bus API`));
  await says(server, /Server startup complete/);
  expect(await says(browser, /method return/)).toMatch(/pv-avahi-browse: asking org\.freedesktop\.Avahi at \S+ for its version\s+method return [^\n]*\n\s+string "avahi 0\.\d+"/);
  const refused = await says(stranger, /AccessDenied/);
  expect(refused).not.toContain('method return');
});

it('7.1-13 after a restart of the bus both are there again', async () => {
  const answers = async (): Promise<number> => (await device.console(browser)).split('method return').length;
  const before = await answers();
  const { pid } = await device.daemon('pv-dbus');
  await device.box.exec(['kill', '-KILL', String(pid)]);
  await waitFor(async () => (await device.daemon('pv-dbus')).pid > 0 && (await device.daemon('pv-dbus')).pid !== pid, { what: 'another bus' });
  await waitFor(async () => (await answers()) > before, { what: 'an answer after the restart', timeoutMs: 60_000, everyMs: 200, detail: () => device.console(server) });
});

it('7.1-13 without the bus it ends when it must have one, else it is plain mDNS', async () => {
  const start = join(import.meta.dirname, '../../packages/examples/containers/pv-avahi/start');
  const required = await device.box.exec(['sh', start], { env: { PV_AVAHI_WAIT: '0', PV_AVAHI_REQUIRE_DBUS: '1' } });
  expect([required.code, required.stdout]).toEqual([1, expect.stringContaining(`pv-avahi: no hosted D-Bus system bus at ${bus} after 0 s, and PV_AVAHI_REQUIRE_DBUS=1`)]);
  const plain = await device.box.background(['sh', start], { PV_AVAHI_WAIT: '0' });
  await waitFor(() => plain.output().includes('plain mDNS only') && plain.output().includes('Server startup complete'), { what: 'plain mDNS', detail: plain.output });
  process.kill(plain.hostPid, 'SIGTERM');
  expect(await plain.ended).toBe(0);
});
