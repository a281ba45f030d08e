/**
 * The control groups that decide which devices a container may open: directories of the version 1 hierarchy with the
 * controller `devices`, from the container's own group down to the one that its init is in.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { groups } from '../../links/cgroup.ts';

/** `unified`: version 2 control groups, where a program of the kernel's that the engine loaded decides. */
export type DeviceGroups = { readonly directories: readonly string[] } | 'unified';

/** Throws Node's errors (ENOENT: the process has ended), or an Error that says what is not as expected. */
export function deviceGroups(pid: number, container: string): DeviceGroups {
  const path = groups(readFileSync(`/proc/${pid}/cgroup`, 'latin1')).find(([controllers]) => hasDevices(controllers))?.[1];
  if (path === undefined) return 'unified';
  const mount = findMount(readFileSync('/proc/self/mountinfo', 'latin1'));
  if (mount === undefined) throw new Error('the control groups with the controller devices are not mounted');
  const directories = ownGroups(path, container).map((group) => join(mount.at, withoutPrefix(group, mount.root)));
  const inner = directories.at(-1);
  if (inner === undefined || !readFileSync(join(inner, 'cgroup.procs'), 'latin1').split('\n').includes(String(pid))) throw new Error(`the control group of process ${pid} is not at ${inner}`);
  return { directories };
}

/** `/x/lxc/name/a` -> `/x/lxc/name` and `/x/lxc/name/a`; of a process elsewhere, its group alone. */
export function ownGroups(path: string, container: string): string[] {
  const parts = path.split('/');
  const first = parts.indexOf('lxc') + 1;
  const from = first > 0 && parts[first] === container ? first : parts.length - 1;
  return parts.slice(from).map((_, index) => parts.slice(0, from + index + 1).join('/'));
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
