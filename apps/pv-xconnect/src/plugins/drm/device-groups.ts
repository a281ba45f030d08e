/**
 * The control groups that decide which devices a container may open, from the container's own group down to the one that its init is in:
 * of the version 1 hierarchy with the controller `devices`, else of version 2.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { groups } from '../../links/cgroup.ts';
import type { DeviceGroup } from './device-group.ts';
import { GroupWithList } from './group-with-list.ts';
import { GroupWithPrograms } from './group-with-programs.ts';

export interface Hierarchy {
  readonly isThis: (controllers: string) => boolean;
  /** As in /proc/<pid>/mountinfo. */
  readonly isMount: (type: string, options: string) => boolean;
  readonly make: (directory: string) => DeviceGroup;
  /** The file that lists a group's processes or, with the same numbers, their first threads. */
  readonly members: string;
}

const hasDevices = (controllers: string): boolean => controllers.split(',').includes('devices');

export const version1: Hierarchy = {
  isThis: hasDevices,
  isMount: (type, options) => type === 'cgroup' && hasDevices(options),
  make: (directory) => new GroupWithList(directory),
  members: 'cgroup.procs',
};
export const version2: Hierarchy = {
  isThis: (controllers) => controllers === '',
  isMount: (type) => type === 'cgroup2',
  make: (directory) => new GroupWithPrograms(directory),
  // A container can make its group one that does not list processes.
  members: 'cgroup.threads',
};

/**
 * undefined: the container has no groups of its own, so there is nothing that may be changed for it.
 * Throws Node's errors (ENOENT: the process has ended), or an Error that says what is not as expected.
 */
export function deviceGroups(pid: number, container: string): readonly DeviceGroup[] | undefined {
  const [of, ourOwn] = [groups(readFileSync(`/proc/${pid}/cgroup`, 'latin1')), groups(readFileSync('/proc/self/cgroup', 'latin1'))];
  for (const hierarchy of [version1, version2]) {
    const pathIn = (all: typeof of): string | undefined => all.find(([controllers]) => hierarchy.isThis(controllers))?.[1];
    const own = ownGroups(pathIn(of) ?? '/', container, pathIn(ourOwn) ?? '/');
    if (own.length > 0) return directoriesOf(own, hierarchy, pid).map((directory) => hierarchy.make(directory));
  }
  return undefined;
}

function directoriesOf(own: readonly string[], hierarchy: Hierarchy, pid: number): string[] {
  const mount = findMount(readFileSync('/proc/self/mountinfo', 'latin1'), hierarchy);
  if (mount === undefined) throw new Error('the control groups that decide on devices are not mounted');
  const directories = own.map((group) => join(mount.at, withoutPrefix(group, mount.root)));
  const inner = directories.at(-1) ?? '';
  if (!readFileSync(join(inner, hierarchy.members), 'latin1').split('\n').includes(String(pid))) throw new Error(`the control group of process ${pid} is not at ${inner}`);
  return directories;
}

/** `/lxc/name/a` -> `/lxc/name` and `/lxc/name/a`; none of a process elsewhere. `prefix`: this process's own group. */
export function ownGroups(path: string, container: string, prefix: string): string[] {
  const base = prefix !== '/' && path.startsWith(`${prefix}/`) ? prefix : '';
  const parts = path.slice(base.length).split('/');
  const at = parts.indexOf('lxc') + 1;
  if (at === 0 || parts[at] !== container) return [];
  return parts.slice(at).map((_, index) => base + parts.slice(0, at + index + 1).join('/'));
}

/** `<id> <parent> <device> <root> <mount point> <options> ... - <type> <source> <options of the hierarchy>`. */
export function findMount(mountinfo: string, { isMount }: Pick<Hierarchy, 'isMount'>): { readonly root: string; readonly at: string } | undefined {
  for (const line of mountinfo.split('\n')) {
    const [, , , root, at, ...rest] = line.split(' ');
    const [type, , options] = rest.slice(rest.indexOf('-') + 1);
    if (root !== undefined && at !== undefined && isMount(type ?? '', options ?? '')) return { root, at };
  }
  return undefined;
}

function withoutPrefix(group: string, root: string): string {
  return root !== '/' && (group === root || group.startsWith(`${root}/`)) ? group.slice(root.length) : group;
}
