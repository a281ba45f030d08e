/** Ends the pv-core that a killed pv-appengine left, so that the next one can begin: it adopts the containers. */
import { setTimeout as pause } from 'node:timers/promises';
import { readProcess } from '@pv/pv-native/process';
import type { ProcessId } from './instance.ts';

const pollMs = 20;
const patienceMs = 10_000;

/** By SIGKILL, the one end of pv-core that stops no container. It is not our child: its end can only be looked for. */
export async function endOrphan(core: ProcessId): Promise<void> {
  if (isGone(core)) return;
  process.kill(core.pid, 'SIGKILL');
  for (let waited = 0; waited < patienceMs; waited += pollMs) {
    if (isGone(core)) return;
    await pause(pollMs);
  }
  throw new Error(`the pv-core of an earlier pv-appengine (pid ${core.pid}) does not end: end it, then start again`);
}

/** A zombie holds nothing any more. */
function isGone({ pid, startTime }: ProcessId): boolean {
  const found = readProcess(pid);
  return found?.startTime !== startTime || found.state === 'Z';
}
