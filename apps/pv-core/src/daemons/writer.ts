/** Who writes into a daemon's FIFO: the daemon itself, whatever is written down about it. The directory is root's alone, so it is one of ours. */
import { closeSync, openSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { statFd } from '@pv/pv-native/fd';
import { O_PATH } from '@pv/pv-native/openat';
import { readProcess } from '@pv/pv-native/process';

interface File {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** Of the processes whose standard output it is, the oldest. */
export function writerOf(fifo: string): { readonly pid: number; readonly startTime: number } | undefined {
  const file = statSync(fifo, { bigint: true, throwIfNoEntry: false });
  if (file === undefined) return undefined;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  const writers = pids.filter((pid) => pid !== process.pid && isOutput(pid, fifo, file)).flatMap((pid) => readProcess(pid) ?? []);
  return writers.sort((a, b) => a.startTime - b.startTime)[0];
}

/** A name alone says nothing: in another mount namespace (a container, another runtime's) the same one is another file. */
function isOutput(pid: number, fifo: string, { dev, ino }: File): boolean {
  const output = `/proc/${pid}/fd/1`;
  try {
    if (readlinkSync(output) !== fifo) return false;
    // Opened as a place only, and asked for what the kernel knows: whatever file it is, nobody can hold us up.
    const fd = openSync(output, O_PATH);
    try {
      const found = statFd(fd);
      return found.dev === dev && found.ino === ino;
    } finally {
      closeSync(fd);
    }
  } catch {
    // It has ended meanwhile.
    return false;
  }
}
