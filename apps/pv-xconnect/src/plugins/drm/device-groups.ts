/**
 * The control groups that decide which devices a container may open: directories of the version 1 hierarchy with the
 * controller `devices`, from the container's own group down to the one that its init is in.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { groups } from '../../links/cgroup.ts';

/**
 * undefined: the container has no such groups of its own, so there is nothing that may be changed for it. So it is with
 * version 2 control groups, where a program of the kernel's that the engine loaded decides.
 * Throws Node's errors (ENOENT: the process has ended), or an Error that says what is not as expected.
 */
export function deviceGroups(pid: number, container: string): readonly string[] | undefined {
  const path = devicesPath(pid);
  const own = path === undefined ? [] : ownGroups(path, container, devicesPath('self') ?? '/');
  if (own.length === 0) return undefined;
  const mount = findMount(readFileSync('/proc/self/mountinfo', 'latin1'));
  if (mount === undefined) throw new Error('the control groups with the controller devices are not mounted');
  const directories = own.map((group) => join(mount.at, withoutPrefix(group, mount.root)));
  const inner = directories.at(-1) ?? '';
  if (!readFileSync(join(inner, 'cgroup.procs'), 'latin1').split('\n').includes(String(pid))) throw new Error(`the control group of process ${pid} is not at ${inner}`);
  return directories;
}

function devicesPath(pid: number | 'self'): string | undefined {
  return groups(readFileSync(`/proc/${pid}/cgroup`, 'latin1')).find(([controllers]) => hasDevices(controllers))?.[1];
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
export function findMount(mountinfo: string): { readonly root: string; readonly at: string } | undefined {
  for (const line of mountinfo.split('\n')) {
    const [, , , root, at, ...rest] = line.split(' ');
    const [type, , options] = rest.slice(rest.indexOf('-') + 1);
    if (type === 'cgroup' && root !== undefined && at !== undefined && hasDevices(options ?? '')) return { root, at };
  }
  return undefined;
}

function hasDevices(controllers: string): boolean {
  return controllers.split(',').includes('devices');
}

function withoutPrefix(group: string, root: string): string {
  return root !== '/' && (group === root || group.startsWith(`${root}/`)) ? group.slice(root.length) : group;
}
