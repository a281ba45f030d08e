/**
 * Runs pv-core again and again. A crash of pv-core is followed at once by the next one, which adopts the containers;
 * an orderly end by a sweep and a new boot. When the loop ends, nothing of the run is left.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type CoreRunner, runCore, sweep } from './core-process.ts';
import { nextStep } from './next-step.ts';

export interface LoopDeps extends CoreRunner {
  /** Seconds between a reboot and the next start. */
  readonly restartDelay: number;
  /** The revision to run, asked before each start. */
  readonly revision: () => string;
  /** Called with the pid of each pv-core. */
  readonly onStart: (pid: number) => void;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** The exit status of pv-appengine. */
export async function runLoop(deps: LoopDeps): Promise<number> {
  const history = { quickEnds: 0 };
  let status: number | undefined;
  while (status === undefined && !deps.stop.aborted) status = await turn(deps, history);
  if (!(await sweep(deps))) return status || 1;
  deps.say.info('stopped; nothing of this run is left');
  return status ?? 0;
}

/** One life of pv-core, and the time until the next one. The status when there is to be none. */
async function turn(deps: LoopDeps, history: { quickEnds: number }): Promise<number | undefined> {
  const { say, now, stop, restartDelay } = deps;
  const started = now();
  const revision = deps.revision();
  say.info(`launching pantavisor rev=${revision} (try=)`);
  const end = await runCore(deps, revision, deps.onStart);
  const step = nextStep({ ...end, ranFor: (now() - started) / 1000, quickEnds: history.quickEnds, stopping: stop.aborted });
  switch (step.kind) {
    case 'stop':
      say[step.status === 0 ? 'info' : 'error'](step.reason);
      return step.status;
    case 'relaunch':
      say.warn(`pantavisor crashed (signal ${step.signal}); its containers go on, the next one adopts them`);
      history.quickEnds = step.quickEnds;
      return rest(step.delay, stop);
    case 'reboot':
      say.info(`pv-core ended for a reboot; next start in ${restartDelay} seconds`);
      await sweep(deps);
      return rest(restartDelay, stop);
  }
}

async function rest(seconds: number, stop: AbortSignal): Promise<undefined> {
  await pause(seconds * 1000, undefined, { signal: stop }).catch(() => undefined);
}
