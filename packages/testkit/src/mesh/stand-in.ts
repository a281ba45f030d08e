/**
 * A stand-in for a container: a process in a mount namespace and a root of its own, in a cgroup `lxc/<name>` below one
 * of its own. Its root is a directory of the host, so one can put hostile links and sockets into it, and look, from outside.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { waitFor } from '../wait-for.ts';

const enter = `mount --bind "$1" "$1" && cd "$1" && mkdir -p .old && pivot_root . .old && exec ./busybox chroot . /busybox sh -c "$2"`;

export interface StandInOptions {
  readonly name: string;
  /** An empty directory, or none yet. */
  readonly root: string;
  /** Shell commands of its busybox, run before it counts as started. */
  readonly init?: string;
  /** What its cgroup is named after; its own name by default. */
  readonly cgroup?: string;
}

export class StandIn {
  readonly name: string;
  readonly root: string;
  readonly #init: string;
  readonly #cgroup: string;
  #child: ChildProcess | undefined;

  /** Does not run yet. */
  constructor({ name, root, init = '', cgroup = name }: StandInOptions) {
    this.name = name;
    this.root = root;
    this.#init = init;
    for (const directory of ['', 'proc', 'run/example', 'tmp']) mkdirSync(join(root, directory), { recursive: true });
    copyFileSync('/bin/busybox', join(root, 'busybox'));
    const hierarchy = join('/sys/fs/cgroup', existsSync('/sys/fs/cgroup/cgroup.controllers') ? '' : 'freezer');
    // Not one `lxc` for all: whoever removed that would take it from another who is about to make a group in it.
    this.#cgroup = join(mkdtempSync(join(hierarchy, 'pv-stand-in-')), 'lxc', cgroup);
    mkdirSync(this.#cgroup, { recursive: true });
  }

  /** 0 while it does not run. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** `at('/run/x')`: that path, from the host. */
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

  /** Runs a busybox command in its namespace and root. */
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

  /** Kills it and takes its cgroups away; its root stays its owner's. */
  async remove(): Promise<void> {
    await this.kill();
    await waitFor(() => removed(this.#cgroup), { what: `removing ${this.#cgroup}` });
    const lxc = dirname(this.#cgroup);
    for (const group of [lxc, dirname(lxc)]) rmdirSync(group);
  }
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
