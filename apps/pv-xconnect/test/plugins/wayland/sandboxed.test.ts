/** A real compositor that has security contexts (sway of a newer Debian suite), which is told through the mesh who is sandboxed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LinkStatus } from '@pv/contract/graph';
import { paths } from '@pv/contract/paths';
import { closeFd } from '@pv/pv-native/fd';
import { packetPair } from '@pv/pv-native/socket';
import { systemClock } from '@pv/runtime/clock';
import { waitFor } from '@pv/testkit/wait-for';
import { describe, expect, onTestFinished, test } from 'vitest';
import { call } from '../../../src/http-call.ts';
import type { GraphLink } from '../../../src/graph/parse.ts';
import { tempDir } from '../../kit/cleanup.ts';
import { FakeCore } from '../../kit/core.ts';
import { link, runDaemon } from '../../kit/daemon.ts';
import type { LxcContainer } from '../../kit/lxc.ts';
import { bundleProgram, program } from '../../kit/program.ts';
import { background, isRunning, logOf, runIn, spawnIn, startDesktop, startNewDesktop, Sway } from '../../kit/wayland.ts';

bundleProgram();

const target = '/run/wayland-in';
const forTrusted = '/run/wayland-trusted';
const privileged = ['zwlr_screencopy_manager_v1', 'zwlr_data_control_manager_v1', 'zwp_virtual_keyboard_manager_v1', 'zwlr_layer_shell_v1', 'ext_session_lock_manager_v1', 'wp_security_context_manager_v1'];

interface Scene {
  readonly consumer: LxcContainer;
  readonly provider: LxcContainer;
  readonly sway: Sway;
  linkTo(place: string, more?: Partial<GraphLink>): GraphLink;
}

async function scene(): Promise<Scene> {
  const [provider, consumer] = await Promise.all([startNewDesktop('screen'), startDesktop('client')]);
  const sway = new Sway(provider);
  await sway.start();
  const linkTo = (place: string, more: Partial<GraphLink> = {}): GraphLink =>
    link(consumer, provider, { type: 'wayland', name: 'wayland-0', socket: sway.socket, target: place, interface: 'wayland', ...more });
  return { consumer, provider, sway, linkTo };
}

async function globals(container: LxcContainer, socket: string, tool = 'weston-info'): Promise<string[]> {
  const listed = await runIn(container, `WAYLAND_DISPLAY=${socket} ${tool}`);
  return [...listed.matchAll(/interface: '(\w+)'/g)].map(([, name = '']) => name);
}

async function sandboxed(ownSocket: string): Promise<Record<string, boolean | undefined>> {
  const answer = await call({ socketPath: ownSocket, ...paths.listLinks, deadline: 10, clock: systemClock });
  if (answer.kind !== 'answer') throw new Error(answer.reason);
  return Object.fromEntries((JSON.parse(answer.body.toString()) as LinkStatus[]).map((one) => [one.target, one.sandboxed]));
}

const draw = (consumer: LxcContainer): Promise<void> => spawnIn(consumer, '/run/draw.log', `XDG_RUNTIME_DIR=/tmp WAYLAND_DISPLAY=${target} weston-clickdot`);

/** Its one window fills the screen: the middle of its title bar is white, and dark is inside. */
async function drawn({ consumer, sway }: Scene, name: string): Promise<void> {
  await waitFor(async () => {
    const picture = await sway.screenshot(name);
    return picture.at(200, 8) !== background && picture.at(640, 700) !== background && picture.at(200, 8) !== picture.at(640, 700);
  }, { what: 'a window on the screen', timeoutMs: 30_000, everyMs: 200, detail: () => logOf(consumer, '/run/draw.log') });
}

describe('a compositor with security contexts', () => {
  test('it keeps from a consumer what it keeps from sandboxes, and the consumer draws; one that is trusted gets everything', async () => {
    const place = await scene();
    const { consumer, provider, sway, linkTo } = place;
    const daemon = await runDaemon();
    daemon.core.set([linkTo(target), linkTo(forTrusted, { trusted: true })]);
    await daemon.printed('Link established');
    await daemon.printed('Link established');
    expect(await sandboxed(daemon.ownSocket)).toEqual({ [target]: undefined, [forTrusted]: undefined });

    const direct = await globals(provider, sway.socket, 'wayland-info');
    const inside = await globals(consumer, target);
    expect(direct).toEqual(expect.arrayContaining(privileged));
    expect(inside).toEqual(expect.arrayContaining(['wl_shm', 'wl_seat', 'xdg_wm_base']));
    expect(inside.filter((name) => privileged.includes(name))).toEqual([]);
    expect(await globals(consumer, forTrusted)).toEqual(direct);
    expect(await sandboxed(daemon.ownSocket)).toEqual({ [target]: true, [forTrusted]: undefined });
    expect(await daemon.printed('security context')).toBe(`pvx-wayland: ${consumer.name}/wayland-0: security context: org.pantavisor, ${consumer.name}`);

    expect(await runIn(consumer, `WAYLAND_DISPLAY=${target} grim /run/spied.png`)).toMatch(/doesn't support wlr-screencopy-unstable-v1[^]*status 1/);
    expect(existsSync(consumer.at('/run/spied.png'))).toBe(false);
    expect(await runIn(consumer, `WAYLAND_DISPLAY=${forTrusted} grim /run/seen.png`)).toBe('status 0\n');
    await draw(consumer);
    await drawn(place, 'sandboxed');
    expect(daemon.err).toEqual([]);
  });

  test('what the provider hides is hidden from a sandboxed consumer besides', async () => {
    const { consumer, linkTo } = await scene();
    const daemon = await runDaemon();
    daemon.core.set([linkTo(target, { hide: ['xdg_activation_v1'] })]);
    await daemon.printed('Link established');
    const inside = await globals(consumer, target);
    expect(inside).toContain('wl_shm');
    expect(inside.filter((name) => [...privileged, 'xdg_activation_v1'].includes(name))).toEqual([]);
  });

  test('one that is killed and starts again is told anew, before anybody gets in', async () => {
    const place = await scene();
    const { consumer, sway, linkTo } = place;
    const daemon = await runDaemon();
    daemon.core.set([linkTo(target)]);
    await daemon.printed('Link established');
    await draw(consumer);
    await drawn(place, 'before-the-kill');
    await sway.kill();
    await waitFor(async () => !(await isRunning(consumer, 'weston-clickdot')), { what: 'the end of the client' });
    await waitFor(async () => (await sandboxed(daemon.ownSocket))[target] === undefined, { what: 'the end of the context' });
    await sway.start();
    const inside = await globals(consumer, target);
    expect(inside).toContain('wl_shm');
    expect(inside.filter((name) => privileged.includes(name))).toEqual([]);
    expect(await sandboxed(daemon.ownSocket)).toEqual({ [target]: true });
  });

  test('a client draws on while one instance of pv-xconnect follows another, and the next client is sandboxed too', async () => {
    const place = await scene();
    const { consumer, linkTo } = place;
    const run = tempDir();
    const core = new FakeCore(join(run, 'core', 'pv-core'));
    await core.start();
    core.set([linkTo(target)]);
    const store = packetPair(4 * 1024 * 1024);
    onTestFinished(() => store.forEach(closeFd));
    const start = () => program([], { PV_SYSTEM_RUNDIR: run, PV_XCONNECT_MANAGED: '1', PV_XCONNECT_STORE: '3,4' }, store);
    const first = start();
    await first.printed('Link established');
    await draw(consumer);
    await drawn(place, 'before-the-hand-over');
    expect(await first.signal('SIGUSR2')).toMatchObject({ code: 0, err: '' });
    const second = start();
    await second.printed('with 1 sessions');
    expect((await globals(consumer, target)).filter((name) => privileged.includes(name))).toEqual([]);
    expect(await sandboxed(join(run, 'xconnect', 'pv-xconnect'))).toEqual({ [target]: true });
    expect(await isRunning(consumer, 'weston-clickdot')).toBe(true);
    await drawn(place, 'after-the-hand-over');
    expect(second.err()).toBe('');
  });
});
