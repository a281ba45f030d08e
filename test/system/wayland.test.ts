/** The documented wayland example on the real boot: weston in a container, wayland-info in another. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Link } from '@pv/contract/graph';
import { buildExamples, buildExport } from '@pv/examples/build';
import { waitFor } from '@pv/testkit/wait-for';
import { afterAll, describe, expect, test } from 'vitest';
import { type Booted, useBooted } from '../kit/booted.ts';

const client = 'pv-example-wayland-client';
const out = mkdtempSync(join(tmpdir(), 'pv-wayland-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

/** The console, once the text has been there so many times. */
function says({ box, console }: Booted, container: string, text: string, times = 1): Promise<string> {
  return waitFor(async () => {
    const said = await console(container);
    return said.split(text).length > times ? said : undefined;
  }, { what: `${container} saying ${text}, ${times} times`, timeoutMs: 60_000, detail: async () => `${await console(container)}\n${box.log() ?? ''}` });
}

async function links({ box }: Booted): Promise<string[][]> {
  const { stdout } = await box.pvcontrol('graph', 'ls');
  return (JSON.parse(stdout) as Link[]).map(({ consumer, provider, type, name }) => [consumer, provider, type, name]);
}

describe('a compositor without a screen', () => {
  const server = 'pv-example-wayland-server-headless';
  const booted = useBooted(async () => ({ exports: await buildExamples({ out, names: [server, client] }) }));

  /** What wayland-info prints, run in the client: nothing when the connection ends. */
  const query = async (): Promise<string> => (await booted.box.exec(['lxc-attach', '-n', client, '--clear-env', '--set-var', 'WAYLAND_DISPLAY=/run/wayland-0', '--', '/usr/bin/wayland-info'])).stdout;

  test('both run, the graph has the link, and the client lists what weston offers', async () => {
    for (const name of [server, client]) await booted.until(name, ({ status }) => status === 'STARTED');
    expect(await links(booted)).toEqual([[client, server, 'wayland', 'wayland-0']]);
    const console = await says(booted, client, "interface: 'wl_shm'");
    expect(console).toMatch(/SUCCESS: Found Wayland socket\s+--- Querying Wayland compositor ---\s+interface: /);
    for (const global of ['wl_compositor', 'xdg_wm_base', 'weston_screenshooter']) expect(console).toContain(`interface: '${global}'`);
    expect(console).toContain("model: 'headless'");
    expect(console).not.toContain('wayland-info failed');
    expect(await says(booted, server, 'headless-backend.so')).toContain('Starting Weston compositor...');
  });

  test('7.2-26 a compositor that is killed starts again, and the client that ran on reaches it', async () => {
    const before = await booted.container(server);
    process.kill(booted.box.hostPid(before.pid) ?? expect.fail('weston has no process'), 'SIGKILL');
    const after = await booted.until(server, ({ status, pid }) => status === 'STARTED' && pid !== before.pid && pid !== 0, 60_000);
    expect(after).toMatchObject({ last_exit: { kind: 'signal', signal: 9 } });
    await waitFor(async () => (await query()).includes("interface: 'wl_shm'"), { what: 'an answer of the new weston', timeoutMs: 30_000, detail: () => booted.console(server) });
  });

  test('7.2-26 both are restarted by hand, and the new client reaches the new compositor', async () => {
    for (const name of [server, client]) {
      const { pid: before } = await booted.container(name);
      expect((await booted.box.pvcontrol('containers', 'restart', name)).code).toBe(0);
      await booted.until(name, ({ status, pid }) => status === 'STARTED' && pid !== before && pid !== 0);
    }
    const console = await says(booted, client, "interface: 'wl_shm'", 2);
    expect(console).not.toContain('wayland-info failed');
  });
});

describe('a compositor whose graphics card never comes', () => {
  const [server, provider, lonely] = ['pv-example-wayland-server', 'pv-example-drm-provider', 'lonely'];
  const booted = useBooted(async () => ({ exports: [...(await buildExamples({ out, names: [server, provider, client] })), await lonelyExport()] }));

  /** The client, without a link. */
  async function lonelyExport(): Promise<string> {
    const path = join(out, `${lonely}.pvrexport.tgz`);
    const start = join(import.meta.dirname, '../../packages/examples/containers', client, 'start');
    await buildExport(path, { name: lonely, start, args: { PV_GROUP: 'app' } }, '/bin/busybox', 0);
    return path;
  }

  test('it gives up after a while, its client says so, and so does one that has no socket', async () => {
    expect((await links(booted)).sort()).toEqual([[client, server, 'wayland', 'wayland-0'], [server, provider, 'drm', 'drm-master']]);
    expect(await says(booted, server, 'ERROR: DRM device not found')).toContain('Waiting for DRM device...');
    await says(booted, lonely, 'FAILED: Wayland socket /run/wayland-0 not found');
    for (const name of [server, lonely]) await booted.until(name, ({ last_exit: exit }) => exit?.kind === 'exit' && exit.code === 1);
    expect(await says(booted, client, 'wayland-info failed (may need fd passing support)')).toContain('SUCCESS: Found Wayland socket');
  });
});
