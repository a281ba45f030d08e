/**
 * A box: a piece of this machine in mount, pid, network, ipc, uts and cgroup namespaces of its own, for programs that want
 * to own a whole machine. It sees the host's files; what it writes to /etc, /var, /run, /tmp and /dev/shm stays in it. Nothing of it outlives its
 * owner, however that ends. Shared with the host: the kernel, the loop devices, /sys, the rest of the file system. Needs root.
 *
 * const box = await startBox();
 * await box.exec(['sh', '-c', 'echo $$']);
 * await box.stop();
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tempRoot } from '../temp-root.ts';
import { createBox, type Box } from './box.ts';
import { createCgroup, hierarchies, sweepCgroups, type Hierarchy } from './hierarchies.ts';
import { project } from './project.ts';

export interface BoxOptions {
  /** Directories of the host that stay the host's, writable, besides the project's and the box's own `dir`. */
  readonly share?: readonly string[];
  /** Size of the file system at /var/pantavisor/storage, as tmpfs takes it; 512m when not given. */
  readonly storageSize?: string;
  /** `unified`: only the version 2 hierarchy is mounted, at /sys/fs/cgroup, with those controllers that version 1 does not hold. */
  readonly cgroups?: 'as-host' | 'unified';
}

export async function startBox(options: BoxOptions = {}): Promise<Box> {
  const all = hierarchies(readFileSync('/proc/self/mountinfo', 'utf8'));
  if (all.length === 0) throw new Error('no cgroup hierarchy is mounted in /sys/fs/cgroup, and a box needs one');
  sweepCgroups(all, prefix);
  const dir = tempRoot('pv-box').path;
  const own = all.map((hierarchy) => createCgroup(hierarchy, `${prefix}${process.pid}-${dir.slice(-6)}`));
  mkdirSync(join(dir, 'private'));
  writeLines(dir, 'cgroups', own.map(({ path }) => path));
  writeLines(dir, 'hierarchies', inside(all, options.cgroups ?? 'as-host').map(({ point, type, options }) => `${point} ${type} ${options}`));
  writeLines(dir, 'shared', [dir, project, dirname(process.execPath), ...(options.share ?? [])]);
  writeLines(dir, 'storage', [`size=${options.storageSize ?? '512m'}`]);

  const keeper = spawn('/bin/sh', [join(import.meta.dirname, 'keeper.sh'), dir], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const said: string[] = [];
  keeper.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const ended = once(keeper, 'close').then(() => undefined);
  const initPid = await Promise.race([readyLine(keeper.stdout), ended]);
  if (initPid === undefined) throw new Error(`the box could not be set up:\n${said.join('')}`);
  const release = async (): Promise<void> => {
    keeper.stdin.end();
    await ended;
  };
  return createBox({ dir, initPid, cgroups: own, release });
}

const prefix = 'pv-box-';

function inside(all: readonly Hierarchy[], which: 'as-host' | 'unified'): Hierarchy[] {
  if (which === 'as-host') return [...all];
  if (!all.some(({ type }) => type === 'cgroup2')) throw new Error('this machine has no cgroup hierarchy of version 2');
  return [{ point: '/sys/fs/cgroup', type: 'cgroup2', options: '' }];
}

function writeLines(dir: string, name: string, lines: readonly string[]): void {
  writeFileSync(join(dir, name), lines.map((line) => `${line}\n`).join(''));
}

/** The pid that process 1 reports; undefined when it ends without. */
async function readyLine(stdout: NodeJS.ReadableStream): Promise<number | undefined> {
  const texts: string[] = [];
  for await (const text of stdout.setEncoding('utf8')) {
    texts.push(String(text));
    const pid = /^ready (\d+)\n/.exec(texts.join(''))?.[1];
    if (pid !== undefined) return Number(pid);
  }
  return undefined;
}
