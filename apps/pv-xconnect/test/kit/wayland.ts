/** Real compositors and clients in real LXC containers that have a /usr of Debian's, read-only: the machine's, or that of a newer suite. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tree } from '@pv/testkit/box/project';
import { type Picture, readPng } from '@pv/testkit/png';
import { waitFor } from '@pv/testkit/wait-for';
import { expect } from 'vitest';
import { type LxcContainer, startLxc } from './lxc.ts';

const bind = (from: string, to: string): string => `lxc.mount.entry = ${from} ${to} none ro,bind,create=dir 0 0`;
const systemOf = (root: string): string[] => [bind(`${root}/usr`, 'usr'), ...['bin', 'lib', 'lib64'].map((name) => bind(`${root}/usr/${name}`, name))];
const scratch = ['tmp', 'dev/shm'].map((place) => `lxc.mount.entry = tmpfs ${place} tmpfs rw,mode=1777,create=dir 0 0`);

/** Both compositors fill what nothing covers with this. */
export const background = 0x20_30_40;

export const startDesktop = (stem: string): Promise<LxcContainer> => startWith(stem, systemOf(''));

/** Of the suite that has security contexts; without the machine's programs. */
export const startNewDesktop = (stem: string): Promise<LxcContainer> => startWith(stem, [...systemOf(tree('compositor')), bind(`${tree('compositor')}/etc/fonts`, 'etc/fonts')]);

async function startWith(stem: string, system: readonly string[]): Promise<LxcContainer> {
  const container = await startLxc(stem, [...system, ...scratch]);
  await container.exec('mkdir', '/applets');
  await container.exec('--install', '-s', '/applets');
  mkdirSync(container.at('/etc'), { recursive: true });
  writeFileSync(container.at('/etc/passwd'), 'nobody:x:65534:65534::/:/bin/sh\n');
  return container;
}

/** Runs a script of the container's programs, and busybox for what it has not got; what it prints. */
const script = (container: LxcContainer, text: string): Promise<string> => container.exec('env', '-i', 'PATH=/usr/bin:/applets', 'HOME=/tmp', 'sh', '-c', text);

/** Starts a program, after its variables, and leaves it; its output is in `log`, a path in the container. */
export async function spawnIn(container: LxcContainer, log: string, command: string): Promise<void> {
  await script(container, `setsid env ${command} >${log} 2>&1 </dev/null &`);
}

/** Runs a program, after its variables, to its end, at most 10 s; its output, then its exit status. */
export function runIn(container: LxcContainer, command: string): Promise<string> {
  return script(container, `timeout 10 env ${command} 2>&1; echo "status $?"`);
}

/** `program`: how its name begins. Nobody in the container reaps what has ended. */
export async function isRunning(container: LxcContainer, program: string): Promise<boolean> {
  return (await script(container, `grep -lsE '^[0-9]+ \\(${program}[^)]*\\) [RSD]' /proc/[0-9]*/stat || true`)) !== '';
}

export const logOf = (container: LxcContainer, path: string): string => (existsSync(container.at(path)) ? readFileSync(container.at(path), 'utf8') : '');

export interface Compositor {
  /** In the container. */
  readonly socket: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  screenshot(name: string): Promise<Picture>;
}

const cached = join(import.meta.dirname, '../../../../.cache/test/wayland');

abstract class InContainer implements Compositor {
  abstract readonly socket: string;
  protected readonly container: LxcContainer;

  constructor(container: LxcContainer) {
    this.container = container;
  }

  abstract start(): Promise<void>;
  protected abstract readonly program: string;
  /** Writes it to /run/shot.png. */
  protected abstract shoot(): Promise<string>;

  async kill(): Promise<void> {
    await script(this.container, `killall -9 ${this.program}`);
    await waitFor(async () => !(await isRunning(this.container, this.program)), { what: `the end of ${this.program}` });
    rmSync(this.container.at(this.socket), { force: true });
    rmSync(`${this.container.at(this.socket)}.lock`, { force: true });
  }

  async screenshot(name: string): Promise<Picture> {
    expect(await this.shoot()).toContain('status 0');
    const kept = join(cached, `${name}.png`);
    mkdirSync(dirname(kept), { recursive: true });
    copyFileSync(this.container.at('/run/shot.png'), kept);
    console.log(`screenshot: ${kept}`);
    return readPng(readFileSync(kept));
  }

  protected async listening(): Promise<void> {
    await waitFor(() => existsSync(this.container.at(this.socket)), { what: `the socket of ${this.program}`, detail: () => logOf(this.container, '/run/compositor.log') });
  }
}

/** Without any input device, so without a seat. It places its clients by random(), never seeded: two do not overlap at this size. */
export class Weston extends InContainer {
  readonly socket = '/run/wayland-0';
  protected readonly program = 'weston';

  async start(): Promise<void> {
    await script(this.container, `printf '[shell]\\npanel-position=none\\nlocking=false\\nbackground-color=0xff${background.toString(16)}\\n' >/run/weston.ini`);
    await spawnIn(this.container, '/run/compositor.log', 'XDG_RUNTIME_DIR=/run weston --backend=headless-backend.so --use-pixman --width=1600 --height=720 --socket=wayland-0 --debug --idle-time=0 --config=/run/weston.ini');
    await this.listening();
  }

  protected shoot(): Promise<string> {
    return runIn(this.container, `XDG_RUNTIME_DIR=/run WAYLAND_DISPLAY=wayland-0 sh -c 'cd /tmp && rm -f *.png && weston-screenshooter && cp *.png /run/shot.png'`);
  }
}

/** Tiles its clients; takes a keyboard from `wtype`. It refuses to run as root. */
export class Sway extends InContainer {
  readonly socket = '/run/sway/wayland-1';
  protected readonly program = 'sway';

  async start(): Promise<void> {
    await script(this.container, `mkdir -p /run/sway; chown 65534:65534 /run/sway; printf 'xwayland disable\\noutput * bg #${background.toString(16)} solid_color\\ndefault_border none\\n' >/run/sway.cfg`);
    await spawnIn(this.container, '/run/compositor.log', 'XDG_RUNTIME_DIR=/run/sway WLR_BACKENDS=headless WLR_RENDERER=pixman WLR_LIBINPUT_NO_DEVICES=1 start-stop-daemon -S -c nobody -x /usr/bin/sway -- -c /run/sway.cfg');
    await this.listening();
  }

  /** Types a key on a keyboard that goes away after it. */
  type(): Promise<string> {
    return runIn(this.container, 'XDG_RUNTIME_DIR=/run/sway WAYLAND_DISPLAY=wayland-1 wtype -s 500 x');
  }

  protected shoot(): Promise<string> {
    return runIn(this.container, 'XDG_RUNTIME_DIR=/run/sway WAYLAND_DISPLAY=wayland-1 grim /run/shot.png');
  }
}

/** Where the squares of 250x250 are that weston-simple-shm draws: a white frame, 20 wide, around many colours. */
export function squaresIn(picture: Picture): { x: number; y: number }[] {
  const found: { x: number; y: number }[] = [];
  for (let y = 0; y + 250 <= picture.height; y += 1) {
    for (let x = 0; x + 250 <= picture.width; x += 1) if (isSquare(picture, x, y)) found.push({ x, y });
  }
  return found;
}

function isSquare(picture: Picture, x: number, y: number): boolean {
  const white = (dx: number, dy: number): boolean => picture.at(x + dx, y + dy) === 0xff_ff_ff;
  const outside = (dx: number, dy: number): boolean => x + dx < 0 || y + dy < 0 || x + dx >= picture.width || y + dy >= picture.height || !white(dx, dy);
  if (!white(0, 0) || !outside(-1, 0) || !outside(0, -1) || !outside(250, 0) || !outside(0, 250)) return false;
  const frame = Array.from({ length: 250 }, (_, at) => at).every((at) => white(at, 0) && white(at, 249) && white(0, at) && white(249, at) && white(at, 19) && white(19, at));
  const colours = new Set(Array.from({ length: 200 }, (_, at) => picture.at(x + 125, y + 25 + at)));
  return frame && colours.size > 20;
}
