/**
 * Processes whose parent has ended: the kernel gives them to process 1, or to the nearest ancestor that asked for them.
 * Who has them must wait for each when it ends, which Node does only for those that it started itself.
 */
import { readdirSync } from 'node:fs';
import { check, libc } from './libc.ts';
import { readProcess } from './process.ts';

const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;

const prctlCall: (option: number, value: number) => number = libc.func('prctl', 'int', ['int', 'ulong']);
const waitpidCall: (pid: number, status: null, options: number) => number = libc.func('waitpid', 'int', ['int', 'void *', 'int']);

/** From now on orphans among our descendants are ours. Throws SystemError. */
export function adoptOrphans(): void {
  check(prctlCall(PR_SET_CHILD_SUBREAPER, 1), 'prctl');
}

/** Waits for the orphans that have ended. `started`: those that Node waits for, and must: it would never hear of their end. */
export function reapOrphans(started: ReadonlySet<number>): void {
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || started.has(pid)) continue;
    const found = readProcess(pid);
    if (found?.parent === process.pid && found.state === 'Z') waitpidCall(pid, null, WNOHANG);
  }
}
