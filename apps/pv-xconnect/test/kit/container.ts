/**
 * A stand-in for a container: a process in a mount namespace and a root of its own, in a cgroup `lxc/<name>`. Its root
 * is a directory of the host, so a test can put hostile links and sockets into it, and look, from outside.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '@pv/testkit/wait-for';
import { onTestFinished } from 'vitest';
import { tempDir, uniqueName } from './cleanup.ts';

export interface Container {
  readonly name: string;
  readonly root: string;
  /** 0 while it does not run. */
  readonly pid: number;
  /** `at('/run/x')`: that path, from the host. */
  at(path: string): string;
  /** Runs a busybox command in its namespace and root. */
  exec(...command: string[]): Promise<void>;
  kill(): Promise<void>;
  start(): Promise<void>;
}

export interface ContainerOptions {
  /** Shell commands of its busybox, run before it counts as started. */
  readonly init?: string;
  /** What its cgroup is named after; its own name by default. */
  readonly cgroup?: string;
}

const enter = `mount --bind "$1" "$1" && cd "$1" && mkdir -p .old && pivot_root . .old && exec ./busybox chroot . /busybox sh -c "$2"`;

export async function startContainer(stem: string, { init = '', cgroup }: ContainerOptions = {}): Promise<Container> {
  const name = uniqueName(stem);
  const root = join(tempDir(), 'root');
  for (const directory of ['', 'proc', 'run/example', 'tmp']) mkdirSync(join(root, directory), { recursive: true });
  copyFileSync('/bin/busybox', join(root, 'busybox'));
  const container = new NamespacedProcess(name, root, init, makeCgroup(cgroup ?? name));
  await container.start();
  onTestFinished(() => container.kill());
  return container;
}

class NamespacedProcess implements Container {
  readonly name: string;
  readonly root: string;
  readonly #init: string;
  readonly #cgroup: string;
  #child: ChildProcess | undefined;

  constructor(name: string, root: string, init: string, cgroup: string) {
    this.name = name;
    this.root = root;
    this.#init = init;
    this.#cgroup = cgroup;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  at(path: string): string {
    return join(this.root, path);
  }

  async start(): Promise<void> {
    const script = `/busybox umount -l /.old; /busybox rmdir /.old; ${this.#init}\n/busybox echo ready; exec /busybox sleep 3600`;
    const child = spawn('unshare', ['-m', '--propagation', 'private', 'sh', '-c', enter, 'sh', this.root, script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child, 'spawn');
    writeFileSync(join(this.#cgroup, 'cgroup.procs'), String(child.pid));
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(([code]) => Promise.reject(new Error(`${this.name} did not start: ${code}`)))]);
    this.#child = child;
  }

  async exec(...command: string[]): Promise<void> {
    const child = spawn('nsenter', ['-t', String(this.pid), '-m', '-r', '/busybox', ...command], { stdio: 'inherit' });
    const [code] = (await once(child, 'exit')) as [number];
    if (code !== 0) throw new Error(`${command.join(' ')} in ${this.name}: ${code}`);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    this.#child = undefined;
  }
}

/** `/sys/fs/cgroup/[<controller>/]lxc/<name>`, removed when the test has ended and its processes with it. */
function makeCgroup(name: string): string {
  const v2 = existsSync('/sys/fs/cgroup/cgroup.controllers');
  const path = join('/sys/fs/cgroup', v2 ? '' : 'freezer', 'lxc', name);
  mkdirSync(path, { recursive: true });
  onTestFinished(async () => {
    await waitFor(() => removed(path), { what: `removing ${path}` });
  });
  return path;
}

/** A cgroup stays busy for a moment after its last process has ended. */
function removed(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false;
    throw error;
  }
}
