/** What /proc/<pid>/stat says. A pid alone is no identity; a pid with its start time is one, until the next boot. */
import { readFileSync } from 'node:fs';
import { errorCode } from './errors.ts';

export interface ProcessInfo {
  readonly pid: number;
  /** Clock ticks after boot. */
  readonly startTime: number;
  readonly parent: number;
  /** One letter: R, S, D, Z (ended, not yet waited for), ... */
  readonly state: string;
}

/** undefined: no such process. */
export function readProcess(pid: number): ProcessInfo | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

/** `pid (comm) state ppid ... starttime`: comm may hold spaces, newlines and parentheses, so the last one counts. */
export function parseStat(text: string): ProcessInfo {
  const [state, parent, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const startTime = rest[17];
  if (state === undefined || parent === undefined || startTime === undefined) throw new Error(`/proc/<pid>/stat is not as expected: ${JSON.stringify(text)}`);
  return { pid: Number.parseInt(text, 10), startTime: Number(startTime), parent: Number(parent), state };
}
