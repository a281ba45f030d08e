/** Which mount a descriptor is in, as the kernel tells it in /proc. */
import { readFileSync } from 'node:fs';

/**
 * The mount's options (`rw`, `nodev`, ...), from the mount table of process `pid`; undefined: it is not in that table.
 * They are this mount's own; the filesystem's may forbid more. Throws Node's errors: ENOENT when the process has ended.
 */
export function mountOptionsOf(fd: number, pid: number): string[] | undefined {
  // `<id> <parent> <major>:<minor> <root> <mount point> <options> ...`; spaces inside paths are escaped.
  const id = /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
  const line = readFileSync(`/proc/${pid}/mountinfo`, 'latin1').split('\n').find((text) => text.startsWith(`${id} `));
  return line?.split(' ')[5]?.split(',');
}
