/**
 * The container's control groups: which layout this machine has, and the removal of what a killed monitor left.
 * Names are ours (`lxc/<container>`, `lxc.monitor.<container>`), never taken from the container.
 */
import { existsSync, readdirSync, readFileSync, rmdirSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const root = '/sys/fs/cgroup';
const cgroup2Magic = 0x63677270;

export type CgroupLayout = 'CGROUP_LEGACY' | 'CGROUP_HYBRID' | 'CGROUP_UNIFIED' | 'CGROUP_UNKNOWN';

export function cgroupLayout(): CgroupLayout {
  if (!existsSync(root)) return 'CGROUP_UNKNOWN';
  if (isCgroup2(root)) return 'CGROUP_UNIFIED';
  if (hierarchies().length === 0) return 'CGROUP_UNKNOWN';
  return isCgroup2(join(root, 'unified')) ? 'CGROUP_HYBRID' : 'CGROUP_LEGACY';
}

/** The controllers that can limit something here. */
export function cgroupControllers(): ReadonlySet<string> {
  if (!isCgroup2(root)) return new Set(names(root).flatMap((name) => name.split(',')));
  try {
    // Devices have no controller there: a program in the kernel decides.
    return new Set([...readFileSync(join(root, 'cgroup.controllers'), 'utf8').trim().split(' '), 'devices']);
  } catch {
    return new Set();
  }
}

/** Relative to a hierarchy's root. */
export const containerGroup = (name: string): string => `lxc/${name}`;
export const monitorGroup = (name: string): string => `lxc.monitor.${name}`;

/** Kills every process of the container, in every hierarchy. */
export function killGroup(name: string): void {
  for (const directory of directoriesOf(containerGroup(name))) killTree(directory);
}

/** Kills the monitor, however it hangs; init goes with it. */
export function killMonitor(name: string): void {
  for (const directory of directoriesOf(monitorGroup(name))) killTree(directory);
}

/** Removes both groups and everything below them; kills what is still in the container's. Bounded; gives back what stayed. */
export async function removeGroups(name: string): Promise<readonly string[]> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const left = [...directoriesOf(containerGroup(name)), ...directoriesOf(monitorGroup(name))].filter((directory) => !removeTree(directory));
    if (left.length === 0) return [];
    killGroup(name);
    await sleep(20);
  }
  return [...directoriesOf(containerGroup(name)), ...directoriesOf(monitorGroup(name))];
}

/** Our parent of the containers' groups, and the group that LXC's monitors pass through: removed where they are empty. */
export function removeSharedGroups(): void {
  for (const directory of [...directoriesOf('lxc'), ...directoriesOf('lxc.pivot')]) {
    try {
      rmdirSync(directory);
    } catch {
      // In use, by containers that are not ours.
    }
  }
}

function directoriesOf(group: string): string[] {
  return hierarchies().map((hierarchy) => join(hierarchy, group)).filter((directory) => existsSync(directory));
}

/** The mounted hierarchies: one on v2, else each directory of the tmpfs. */
function hierarchies(): string[] {
  if (isCgroup2(root)) return [root];
  return names(root).map((name) => join(root, name)).filter((directory) => existsSync(join(directory, 'cgroup.procs')));
}

function isCgroup2(directory: string): boolean {
  try {
    return statfsSync(directory).type === cgroup2Magic;
  } catch {
    return false;
  }
}

function killTree(directory: string): void {
  try {
    writeFileSync(join(directory, 'cgroup.kill'), '1');
    return;
  } catch {
    // Version 1, or a kernel before 5.14: one by one.
  }
  for (const child of names(directory)) killTree(join(directory, child));
  for (const pid of pidsIn(directory)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
  thaw(directory);
}

/** Version 1: a frozen process does not even die. */
function thaw(directory: string): void {
  try {
    if (existsSync(join(directory, 'freezer.state'))) writeFileSync(join(directory, 'freezer.state'), 'THAWED');
  } catch {
    // Gone already.
  }
}

function pidsIn(directory: string): number[] {
  try {
    return readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n').map(Number).filter((pid) => pid > 1);
  } catch {
    return [];
  }
}

function removeTree(directory: string): boolean {
  for (const child of names(directory)) removeTree(join(directory, child));
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** Subdirectories by name. */
function names(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
}
