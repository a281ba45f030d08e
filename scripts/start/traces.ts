/** What a run could leave on this machine: looked at before and after it. Others may use the machine meanwhile. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupsBelow, hierarchies } from '@pv/testkit/box/hierarchies';
import { loopDevices, mounts, type Resources } from '@pv/testkit/resources';

/** `own`: paths that are the run's alone: its processes name them, its mounts and loop devices use them. `directories`: whose entries count. */
export function traces({ own, directories }: { readonly own: readonly string[]; readonly directories: readonly string[] }): Resources {
  const mountinfo = readFileSync('/proc/self/mountinfo', 'utf8');
  const isOwn = (text: string): boolean => own.some((path) => text.includes(path));
  return {
    mounts: mounts(mountinfo.split('\n').filter((line) => isOwn(line) || directories.some((path) => line.includes(` ${path}/`))).join('\n')).map(({ point }) => point),
    'loop devices': loopDevices().map(({ name, backingFile }) => `${name} ${backingFile}`).filter(isOwn),
    cgroups: hierarchies(mountinfo).flatMap(({ point }) => cgroupsBelow(point).filter((path) => /(?:^|\/)(?:lxc|pantavisor)/.test(path) && !path.startsWith('pv-box-')).map((path) => join(point, path))),
    processes: processes().filter((line) => isOwn(line) || line.includes('[lxc monitor]')),
    files: directories.filter((path) => existsSync(path)).flatMap((path) => [path, ...readdirSync(path).map((name) => join(path, name))]),
  };
}

/** `pid arguments` of every process of our pid namespace (a box's are its own); this one and its parents left out. */
function processes(): string[] {
  const family = ancestors(process.pid);
  const ours = pidNamespace('self');
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && !family.includes(Number(name)) && pidNamespace(name) === ours).map((pid) => `${pid} ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()}`);
}

function pidNamespace(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return '';
  }
}

function ancestors(pid: number): number[] {
  const parent = Number(/^PPid:\s+(\d+)$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
  return parent === 0 ? [pid] : [pid, ...ancestors(parent)];
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
