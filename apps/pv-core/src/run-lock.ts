/** One pv-core per run directory; the kernel gives the lock back however its holder ends. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { tryLock } from '@pv/pv-native/lock';

/** The descriptor that holds the lock until it is closed. Undefined: another pv-core has it. */
export function lockRun(run: string): number | undefined {
  mkdirSync(run, { recursive: true, mode: 0o755 });
  const fd = openSync(run, 'r');
  if (tryLock(fd)) return fd;
  closeSync(fd);
  return undefined;
}

/** For the user. */
export function lockedRun(run: string): string {
  return `another pv-core runs with ${run}: stop it, or set PV_SYSTEM_RUNDIR`;
}
