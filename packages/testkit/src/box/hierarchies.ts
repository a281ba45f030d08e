/**
 * The machine's cgroup hierarchies, version 1, 2 or both, and a cgroup of one's own in each of them.
 * The names start with `pv-box-<pid of the owner>-`, so that what a killed owner and a killed keeper left can be told and removed.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Hierarchy {
  readonly point: string;
  readonly type: 'cgroup' | 'cgroup2';
  /** What to mount it with again: the controllers, or the name. Empty for version 2. */
  readonly options: string;
}

/** `mountinfo`: the text of /proc/self/mountinfo. Only what lies in /sys/fs/cgroup; a hierarchy mounted twice is listed once. */
export function hierarchies(mountinfo: string): Hierarchy[] {
  const found = mountinfo.split('\n').flatMap((line): Hierarchy[] => {
    const [mount = '', source = ''] = line.split(' - ');
    const point = mount.split(' ')[4] ?? '';
    const [type, , superOptions = ''] = source.split(' ');
    if (!/^\/sys\/fs\/cgroup(?:\/|$)/.test(point)) return [];
    if (type === 'cgroup2') return [{ point, type, options: '' }];
    return type === 'cgroup' ? [{ point, type, options: version1Options(superOptions) }] : [];
  });
  return found.filter((one, index) => found.findIndex((other) => other.type === one.type && other.options === one.options) === index);
}

/** Of the super block's options only those that say which hierarchy it is. */
function version1Options(options: string): string {
  const own = options.split(',').filter((option) => !/^(?:rw|ro|clone_children|noprefix|xattr|cpuset_v2_mode|release_agent=.*)$/.test(option));
  return own.some((option) => option.startsWith('name=')) ? ['none', ...own].join(',') : own.join(',');
}

export interface OwnCgroup {
  /** The directory to remove at the end. */
  readonly path: string;
  /** The directory whose processes are the owner's: a leaf, where version 2 wants one. */
  readonly join: string;
}

export function createCgroup({ point, type }: Hierarchy, name: string): OwnCgroup {
  const path = join(point, name);
  mkdirSync(path);
  if (type === 'cgroup2') {
    mkdirSync(join(path, 'init.scope'));
    return { path, join: join(path, 'init.scope') };
  }
  // A new cpuset is empty, and nobody may enter an empty one.
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (existsSync(join(path, file))) writeFileSync(join(path, file), readFileSync(join(point, file)));
  }
  return { path, join: path };
}

/** Removes the cgroups of owners that are gone; those still in use, and those of living owners, stay. */
export function sweepCgroups(all: readonly Hierarchy[], prefix: string): void {
  for (const { point } of all) {
    for (const name of readdirSync(point)) {
      const owner = name.startsWith(prefix) ? /^(\d+)-/.exec(name.slice(prefix.length))?.[1] : undefined;
      if (owner !== undefined && !existsSync(`/proc/${owner}`)) removeTree(join(point, name));
    }
  }
}

function removeTree(path: string): void {
  try {
    for (const name of children(path)) removeTree(join(path, name));
    rmdirSync(path);
  } catch {
    // Still in use, or gone meanwhile: a later sweep sees it again.
  }
}

/** All cgroups below `path`, relative to it, parents first. One that goes away meanwhile is left out. */
export function cgroupsBelow(path: string): string[] {
  return children(path).flatMap((name) => [name, ...cgroupsBelow(join(path, name)).map((below) => join(name, below))]);
}

function children(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
  } catch {
    return [];
  }
}
