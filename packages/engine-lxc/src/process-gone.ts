/** Waiting for the end of a process that is not our child. A pidfd says it; Node has no event for that, so we look. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openPidfd } from '@pv/pv-native/pidfd';

const lookEveryMs = 3;

/**
 * True once it has ended; false: the time is over. `isIt` is asked once, when the pid is pinned: false means that another
 * program has the pid by now, so ours has ended.
 */
export async function processGone(pid: number, patienceMs: number, isIt: () => boolean): Promise<boolean> {
  const pidfd = openPidfd(pid);
  if (pidfd === undefined) return true;
  try {
    if (!isIt()) return true;
    for (let waited = 0; waited < patienceMs && pidfd.alive(); waited += lookEveryMs) await sleep(lookEveryMs);
    return !pidfd.alive();
  } finally {
    pidfd.close();
  }
}
