/**
 * In control groups of version 2 a group that has processes hands no controller to the groups below it, so containers of ours
 * could have no limits. The root of a machine is exempt; a container's root group, in which Docker puts all processes of
 * it, is not. So they move into a leaf, of the name that systemd uses: LXC looks for its groups beside it.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = '/sys/fs/cgroup';
const leaf = join(root, 'init.scope');

/** Does nothing where we are in no such group. Throws Node's errors. */
export function leaveRootGroup(): void {
  // The machine's root group has no type, and version 1 knows none.
  if (!existsSync(join(root, 'cgroup.type')) || !/^0::\/$/m.test(readFileSync('/proc/self/cgroup', 'utf8'))) return;
  mkdirSync(leaf, { recursive: true });
  for (const pid of words('cgroup.procs')) move(pid);
  for (const controller of words('cgroup.controllers')) writeFileSync(join(root, 'cgroup.subtree_control'), `+${controller}`);
}

function words(file: string): string[] {
  return readFileSync(join(root, file), 'utf8').split(/\s+/).filter((word) => word !== '');
}

function move(pid: string): void {
  // From outside of our pid namespace. Written, it would mean ourselves.
  if (pid === '0') return;
  try {
    writeFileSync(join(leaf, 'cgroup.procs'), pid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
