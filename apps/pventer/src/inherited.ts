/**
 * Closes what the caller left open above the standard streams. Through a directory of the host that came along, a
 * container would reach the host's files. Node marks only the lowest descriptors, and lxc-attach closes none. Node's own
 * are all close-on-exec, so what is not was inherited. Must run before anything is started.
 */
import { closeSync, readdirSync, readFileSync } from 'node:fs';

/** Of open(2), as /proc/self/fdinfo prints it. */
const closeOnExec = 0o2000000;

export function closeInherited(): void {
  const descriptors = readdirSync('/proc/self/fdinfo').map(Number);
  for (const fd of descriptors) if (fd > 2 && isInherited(fd)) closeSync(fd);
}

function isInherited(fd: number): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(infoOf(fd))?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
}

/** Empty: it was the one that listed the others, and is closed. */
function infoOf(fd: number): string {
  try {
    return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
