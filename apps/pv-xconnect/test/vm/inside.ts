/**
 * Runs inside the virtual machine: hands a real graphics device from one container to another by the drm plugin, and
 * looks at it with a KMS client and with weston. Prints a line for each thing that holds, and at the end that all do.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@pv/runtime/clock';
import type { GraphLink } from '../../src/graph/parse.ts';
import { Keeper } from '../../src/handover/keeper.ts';
import { pinContainer, type Pin } from '../../src/links/pin.ts';
import { drmPlugin } from '../../src/plugins/drm/drm.ts';
import type { ActiveLink, PluginContext } from '../../src/plugins/plugin.ts';

const card = '/dev/dri/card0';
const render = '/dev/dri/renderD128';
const groups = '/sys/fs/cgroup/devices/lxc';
const plugin = drmPlugin(new Set(), () => fail('no mount is expected here'));
const context = { lines: { out: print, err: print }, clock: systemClock, random: Math.random, keeper: new Keeper(undefined, () => undefined) } as unknown as PluginContext;

class Container {
  readonly name: string;
  readonly root: string;
  readonly #child: ChildProcess;

  constructor(name: string, prepare: (root: string) => void = () => undefined) {
    this.name = name;
    this.root = join('/containers', name);
    for (const directory of ['bin', 'dev/dri', 'proc']) mkdirSync(join(this.root, directory), { recursive: true });
    copyFileSync('/bin/busybox', join(this.root, 'bin/busybox'));
    copyFileSync('/app/kms-client', join(this.root, 'bin/kms-client'));
    prepare(this.root);
    mkdirSync(this.#group, { recursive: true });
    this.#child = spawn('sh', ['-c', `echo $$ > ${this.#group}/cgroup.procs; exec unshare -m chroot ${this.root} /bin/busybox sleep 3600`]);
  }

  get #group(): string {
    return join(groups, this.name);
  }

  at(path: string): string {
    return join(this.root, path);
  }

  deny(): void {
    writeFileSync(join(this.#group, 'devices.deny'), 'a');
  }

  rules(): string {
    return readFileSync(join(this.#group, 'devices.list'), 'utf8');
  }

  /** What the KMS client says, run in the container's root and control group. */
  client(device: string): string {
    return this.run(`/bin/kms-client ${device}`);
  }

  /** The standard output of a command, run in the container's root and control group to its end. */
  run(command: string): string {
    try {
      return execFileSync('sh', ['-c', `${this.#enter(command)}; true`], { encoding: 'utf8' }).trim();
    } catch (error) {
      return String((error as { stdout?: unknown }).stdout).trim();
    }
  }

  /** Starts a program there and leaves it; it ends with the machine. */
  start(program: string): void {
    spawn('sh', ['-c', this.#enter(program)], { stdio: ['ignore', 'inherit', 'inherit'] });
  }

  #enter(command: string): string {
    return `echo $$ > ${this.#group}/cgroup.procs; exec env PATH=/bin:/usr/bin chroot ${this.root} ${command}`;
  }

  async pin(): Promise<Pin> {
    for (let tries = 0; tries < 100; tries++) {
      const result = pinContainer(this.#child.pid ?? 0, this.name);
      if (result.kind === 'pinned') return result.pin;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return fail(`${this.name} did not start`);
  }
}

function print(line: string): void {
  process.stdout.write(`vm: ${line}\n`);
}

function fail(reason: string): never {
  print(`FAILED ${reason}`);
  process.exit(1);
}

function check(what: string, found: unknown, wanted: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) fail(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
  print(`ok ${what}: ${JSON.stringify(found)}`);
}

function attempt(consumer: Container, consumerPin: Pin, providerPin: Pin, path: string, role: string): ActiveLink | string {
  const link = { type: 'drm', name: 'drm', consumer: consumer.name, provider: 'provider', role, socket: path, interface: 'drm', target: path, consumer_pid: consumerPin.pid, provider_pid: providerPin.pid } as GraphLink;
  const result = plugin.establish(link, consumerPin, providerPin, context);
  return result.kind === 'established' ? result.active : result.reason;
}

/** As the host's own nodes are; and one of a card that does not exist. */
function withDevices(root: string): void {
  for (const path of [card, render]) {
    const { rdev } = statSync(path);
    execFileSync('mknod', ['-m', '0660', join(root, path), 'c', String(rdev >> 8), String(rdev & 0xff)]);
  }
  execFileSync('mknod', [join(root, '/dev/dri/card7'), 'c', '226', '7']);
}

/** It finds what a card is in /sys. */
function forCompositor(root: string): void {
  execFileSync('mount', ['-o', 'bind', '/sys', join(root, 'sys')]);
  execFileSync('mknod', [join(root, 'dev/null'), 'c', '1', '3']);
}

/** What the compositor in the container says of its outputs, as soon as it answers. */
async function outputs(container: Container): Promise<string[]> {
  for (let tries = 0; tries < 600; tries++) {
    const listed = existsSync(container.at('/run/wayland-0')) ? container.run('/bin/env WAYLAND_DISPLAY=/run/wayland-0 /usr/bin/wayland-info') : '';
    if (listed !== '') return listed.match(/\b(?:name|model): '[^']+'/g) ?? [];
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return [];
}

check('the machine has a card and a render node', [existsSync(card), existsSync(render)], [true, true]);
const provider = new Container('provider', withDevices);
const [consumer, rival] = [new Container('consumer'), new Container('rival')];
const [providerPin, consumerPin, rivalPin] = await Promise.all([provider.pin(), consumer.pin(), rival.pin()]);
consumer.deny();
check('without a link there is no card', consumer.client(card), 'open: No such file or directory');

const held = attempt(consumer, consumerPin, providerPin, card, 'master');
if (typeof held === 'string') fail(held);
check('the node is 226:0', statSync(consumer.at(card)).rdev, (226 << 8) + 0);
check('the rule is for that device', consumer.rules(), 'c 226:0 rw\n');
check('a KMS client becomes master and makes a buffer', consumer.client(card), 'driver virtio_gpu, master yes, connectors 1, buffer yes');
check('a second consumer is refused', attempt(rival, rivalPin, providerPin, card, 'master'), 'the card 226:0 is held by container consumer; only one can be its master');
check('a card that the machine does not have is refused', attempt(rival, rivalPin, providerPin, '/dev/dri/card7', 'master'), '/dev/dri/card7 is the device 226:7, which this machine does not have');

const renderer = attempt(rival, rivalPin, providerPin, render, 'render');
if (typeof renderer === 'string') fail(renderer);
check('the render node is for others', rival.client(render), 'driver virtio_gpu, master no, connectors 0, buffer no');

linkSync(consumer.at(card), consumer.at('/dev/kept'));
held.close(0);
check('with the link the node goes', existsSync(consumer.at(card)), false);
check('a copy that was kept is dead', consumer.client('/dev/kept'), 'open: Operation not permitted');
const next = attempt(rival, rivalPin, providerPin, card, 'master');
if (typeof next === 'string') fail(next);
check('the card is free for the next one', rival.client(card), 'driver virtio_gpu, master yes, connectors 1, buffer yes');
next.close(0);

const screen = new Container('screen', forCompositor);
const shown = attempt(screen, await screen.pin(), providerPin, card, 'master');
if (typeof shown === 'string') fail(shown);
screen.start('/start');
check('weston runs on the card, as an example of ours starts it', await outputs(screen), ["name: 'Virtual-1'", "model: 'QEMU Monitor'"]);
print('ALL HOLDS');
process.exit(0);
