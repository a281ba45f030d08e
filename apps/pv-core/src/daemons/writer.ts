/** Who writes into a daemon's FIFO: the daemon itself, whatever is written down about it. The directory is root's alone, so it is one of ours. */
import { readdirSync, readlinkSync } from 'node:fs';
import { readProcess } from '@pv/pv-native/process';

/** Of the processes whose standard output it is, the oldest. */
export function writerOf(fifo: string): { readonly pid: number; readonly startTime: number } | undefined {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  const writers = pids.filter((pid) => pid !== process.pid && outputOf(pid) === fifo).flatMap((pid) => readProcess(pid) ?? []);
  return writers.sort((a, b) => a.startTime - b.startTime)[0];
}

function outputOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/1`);
  } catch {
    return undefined;
  }
}
