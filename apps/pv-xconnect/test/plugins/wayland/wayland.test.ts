/** Real compositors (weston, sway) in a container, real clients in others, and a link between them. */
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { ArgumentReader, writeMessage } from '@pv/wayland-wire/arguments';
import { Framing } from '@pv/wayland-wire/framing';
import { waitFor } from '@pv/testkit/wait-for';
import { describe, expect, test } from 'vitest';
import { link, runDaemon, type TestDaemon } from '../../kit/daemon.ts';
import type { LxcContainer } from '../../kit/lxc.ts';
import { dial, readAll } from '../../kit/sockets.ts';
import { background, type Compositor, isRunning, logOf, runIn, spawnIn, squaresIn, startDesktop, Sway, Weston } from '../../kit/wayland.ts';

const target = '/run/wayland-in';

interface Stage {
  readonly daemon: TestDaemon;
  readonly provider: LxcContainer;
  readonly compositor: Compositor;
  readonly consumers: readonly LxcContainer[];
}

async function stage<T extends Compositor>(Kind: new (container: LxcContainer) => T, count: number, hide?: string[]): Promise<Stage & { compositor: T }> {
  const [daemon, provider, ...consumers] = await Promise.all([runDaemon(), startDesktop('screen'), ...Array.from({ length: count }, (_, index) => startDesktop(`client${index}`))]);
  const compositor = new Kind(provider);
  await compositor.start();
  daemon.core.set(consumers.map((consumer) => link(consumer, provider, { type: 'wayland', name: 'wayland-0', socket: compositor.socket, target, interface: 'wayland', ...(hide === undefined ? {} : { hide }) })));
  for (const consumer of consumers) await daemon.printed(`Link established: ${consumer.name}/wayland-0`);
  return { daemon, provider, compositor, consumers };
}

const draw = (consumer: LxcContainer): Promise<void> => spawnIn(consumer, '/run/draw.log', `WAYLAND_DISPLAY=${target} weston-simple-shm`);

async function squares({ compositor, consumers, daemon }: Stage, count: number, name: string): Promise<{ x: number; y: number }[]> {
  const detail = (): string => [...consumers.map((consumer) => logOf(consumer, '/run/draw.log')), ...daemon.err].join('\n');
  return waitFor(async () => {
    const picture = await compositor.screenshot(name);
    const found = squaresIn(picture);
    return found.length === count && picture.at(picture.width - 1, picture.height - 1) === background ? found : undefined;
  }, { what: `${count} squares on the screen`, timeoutMs: 30_000, everyMs: 200, detail });
}

describe('a compositor in a container', () => {
  test('7.2-26 a client draws through wl_shm on weston, and a screenshot shows its pixels', async () => {
    const scene = await stage(Weston, 1);
    const [consumer] = scene.consumers as [LxcContainer];
    await draw(consumer);
    expect(await squares(scene, 1, 'weston-simple-shm')).toHaveLength(1);
    expect(scene.daemon.out).toContainEqual(`pvx-wayland: Injecting Wayland socket ${target} into pid ${consumer.pid} [${consumer.name}/wayland-0]`);
    await scene.daemon.printed(`pvx-wayland: Accepted Wayland connection for wayland-0 from pid ${consumer.pid}`);
  });

  test('7.2-26 two clients in two containers, and a compositor that is killed and starts again', async () => {
    const scene = await stage(Weston, 2);
    for (const consumer of scene.consumers) await draw(consumer);
    expect(await squares(scene, 2, 'two-clients')).toHaveLength(2);
    await scene.compositor.kill();
    for (const consumer of scene.consumers) await waitFor(async () => !(await isRunning(consumer, 'weston-simple')), { what: 'the end of the clients' });
    await scene.compositor.start();
    for (const consumer of scene.consumers) await draw(consumer);
    expect(await squares(scene, 2, 'after-restart')).toHaveLength(2);
  });

  test('7.2-26 a keymap is delivered, and the clipboard of one container pasted in another', async () => {
    const { compositor, consumers, daemon } = await stage(Sway, 2);
    const [first, second] = consumers as [LxcContainer, LxcContainer];
    await spawnIn(first, '/run/keys.log', `WAYLAND_DEBUG=1 XDG_RUNTIME_DIR=/tmp WAYLAND_DISPLAY=${target} weston-clickdot`);
    await waitFor(() => logOf(first, '/run/keys.log').includes('wl_surface@'), { what: 'a window', detail: () => logOf(first, '/run/keys.log') });
    expect(await compositor.type()).toBe('status 0\n');
    await waitFor(() => /wl_keyboard@\d+\.keymap\(1, fd \d+, \d+\)/.test(logOf(first, '/run/keys.log')), { what: 'a keymap', detail: () => logOf(first, '/run/keys.log') + daemon.err.join('\n') });
    await waitFor(() => /wl_keyboard@\d+\.key\(/.test(logOf(first, '/run/keys.log')), { what: 'a key' });
    await spawnIn(first, '/run/copy.log', `WAYLAND_DISPLAY=${target} wl-copy --foreground 'from the first container'`);
    await waitFor(async () => (await runIn(second, `WAYLAND_DISPLAY=${target} wl-paste --no-newline`)) === 'from the first containerstatus 0\n', { what: 'the clipboard', detail: () => logOf(first, '/run/copy.log') });
  });

  test('what the provider hides is not there: no pictures of the screen, no keys for others', async () => {
    const open = await stage(Sway, 1);
    const [trusted] = open.consumers as [LxcContainer];
    expect(await runIn(trusted, `WAYLAND_DISPLAY=${target} grim /run/spied.png`)).toBe('status 0\n');
    const { consumers, daemon } = await stage(Sway, 1, ['zwlr_screencopy_manager_v1', 'zwp_virtual_keyboard_manager_v1']);
    const [consumer] = consumers as [LxcContainer];
    expect(await runIn(consumer, `WAYLAND_DISPLAY=${target} grim /run/spied.png`)).toMatch(/doesn't support wlr-screencopy-unstable-v1[^]*status 1/);
    expect(existsSync(consumer.at('/run/spied.png'))).toBe(false);
    expect(await runIn(consumer, `WAYLAND_DISPLAY=${target} wtype x`)).toMatch(/does not support the virtual keyboard[^]*status 1/);
    expect(daemon.err).toEqual([]);
  });

  test('7.2-26 a client draws through a link that hides a global: its descriptors pass the filter', async () => {
    const scene = await stage(Weston, 1, ['weston_screenshooter']);
    const [consumer] = scene.consumers as [LxcContainer];
    const listed = await runIn(consumer, `WAYLAND_DISPLAY=${target} weston-info`);
    expect(listed).toContain("interface: 'wl_shm'");
    expect(listed).not.toContain('weston_screenshooter');
    await draw(consumer);
    expect(await squares(scene, 1, 'through-the-filter')).toHaveLength(1);
  });

  async function withHidden(): Promise<{ socket: Socket; daemon: TestDaemon; numberOf(global: string): number }> {
    const { consumers, daemon, provider, compositor } = await stage(Sway, 1, ['zwlr_screencopy_manager_v1']);
    const [consumer] = consumers as [LxcContainer];
    const listed = await runIn(provider, `WAYLAND_DISPLAY=${compositor.socket} weston-info`);
    const numberOf = (global: string): number => Number(new RegExp(`'${global}', version: \\d+, name: (\\d+)`).exec(listed)?.[1]);
    return { socket: await dial(consumer.at(target)), daemon, numberOf };
  }

  test('a client that guesses the number of a hidden global is cut off, and the audit names the rule', async () => {
    const { socket, daemon, numberOf } = await withHidden();
    const name = numberOf('zwlr_screencopy_manager_v1');
    socket.write(Buffer.concat([writeMessage(1, 1, 2), writeMessage(2, 0, name, 'zwlr_screencopy_manager_v1', 1, 3)]));
    const answer = (await readAll(socket)).toString('latin1');
    expect(answer).toContain(`invalid global zwlr_screencopy_manager_v1 (${name})`);
    expect(await daemon.complained('audit: refused')).toContain(`hide: zwlr_screencopy_manager_v1 (global ${name})`);
  });

  test('a registry under the number of an object that was destroyed just before shows no more than another', async () => {
    const { socket, daemon, numberOf } = await withHidden();
    const [registry, listed, compositor, region, done, bound] = [2, 3, 4, 5, 6, 7];
    socket.write(Buffer.concat([writeMessage(1, 1, registry), writeMessage(1, 0, listed)]));
    await until(socket, listed);
    const reused = [writeMessage(compositor, 1, region), writeMessage(region, 0), writeMessage(1, 1, region)];
    socket.write(Buffer.concat([writeMessage(registry, 0, numberOf('wl_compositor'), 'wl_compositor', 1, compositor), ...reused, writeMessage(1, 0, done)]));
    const seen = await until(socket, done);
    const globals = new Framing().take(seen).messages.filter(({ object }) => object === region).map((message) => {
      const args = new ArgumentReader(seen, message);
      return [args.uint(), args.string()];
    });
    expect(globals).toContainEqual([numberOf('wl_shm'), 'wl_shm']);
    expect(seen.toString('latin1')).not.toContain('screencopy');
    socket.write(writeMessage(region, 0, numberOf('zwlr_screencopy_manager_v1'), 'zwlr_screencopy_manager_v1', 1, bound));
    expect((await readAll(socket)).toString('latin1')).toContain('invalid global zwlr_screencopy_manager_v1');
    expect(await daemon.complained('audit: refused')).toContain('hide: zwlr_screencopy_manager_v1');
  });
});

/** Everything up to an event of that object. */
async function until(socket: Socket, object: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const keep = (chunk: Buffer): void => void chunks.push(chunk);
  socket.on('data', keep);
  await waitFor(() => new Framing().take(Buffer.concat(chunks)).messages.some((message) => message.object === object), { what: `an event of object ${object}`, detail: () => Buffer.concat(chunks).toString('latin1') });
  socket.off('data', keep);
  return Buffer.concat(chunks);
}
