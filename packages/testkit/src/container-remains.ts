/** What a container has on this machine by its name: control groups, mounts, LXC's processes. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One a line. Its mounts lie in directories of its name. */
export function remainsOf(name: string): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter((line) => line.includes(`/${name}/`));
  return [...groupsOf(name), ...mounts, ...processesOf(name)];
}

export function groupsOf(name: string): string[] {
  const names = [`lxc/${name}`, `lxc.monitor.${name}`, `lxc.payload.${name}`];
  return hierarchies().flatMap((hierarchy) => names.map((group) => join('/sys/fs/cgroup', hierarchy, group))).filter((path) => existsSync(path));
}

/** The first of these files, of either version of control groups, in the container's own group: its text; empty without one. */
export function groupSetting(name: string, files: readonly string[]): string {
  const paths = groupsOf(name).filter((group) => group.endsWith(`/lxc/${name}`)).flatMap((group) => files.map((file) => join(group, file)));
  const path = paths.find((candidate) => existsSync(candidate));
  return path === undefined ? '' : readFileSync(path, 'utf8').trim();
}

function hierarchies(): string[] {
  return existsSync('/sys/fs/cgroup/cgroup.procs') ? [''] : readdirSync('/sys/fs/cgroup');
}

/** LXC's programs have it on their command line, or as their title. */
function processesOf(name: string): string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).flatMap((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return command.includes('lxc') && new RegExp(`(?:^|[\\s/])${name.replaceAll('.', '\\.')}(?:[\\s/]|$)`).test(command) ? [`${pid}: ${command}`] : [];
    } catch {
      return [];
    }
  });
}
