/**
 * Runs pv-core again and again. A crash of pv-core is followed at once by the next one, which adopts the containers;
 * an orderly end by a sweep and a new boot. Signals are forwarded; a pv-core that does not end in time is killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Options } from './options.ts';
import { nextStep } from './next-step.ts';
import type { Say } from './say.ts';

export interface LoopDeps {
  readonly options: Options;
  readonly node: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly say: Say;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Aborted when we are to stop. */
  readonly stop: AbortSignal;
}

/** Longer than the lenient stop of all groups, one after the other. */
const stopTimeoutMs = 30_000;

/** The exit status of pv-appengine. */
export async function runLoop(deps: LoopDeps): Promise<number> {
  const { options, say, now, stop } = deps;
  let quickEnds = 0;
  for (;;) {
    const started = now();
    say.info('launching pv-core rev=0');
    const { code, signal } = await runCore(deps);
    const step = nextStep({ code, signal, ranFor: (now() - started) / 1000, quickEnds, stopping: stop.aborted });
    if (step.kind === 'stop') {
      if (step.status === 0) await sweep(deps);
      say[step.status === 0 ? 'info' : 'error'](step.reason);
      return step.status;
    }
    if (step.kind === 'relaunch') {
      say.warn(`pantavisor crashed (${signal ?? `exit code ${code}`}); containers go on, starting pv-core again`);
      quickEnds = step.quickEnds;
      await rest(step.delay, stop);
    } else {
      say.info(`pv-core ended for a reboot; next start in ${options.restartDelay} seconds`);
      await sweep(deps);
      await rest(options.restartDelay, stop);
    }
    if (stop.aborted) {
      await sweep(deps);
      return 0;
    }
  }
}

async function runCore({ options, node, env, stop, say }: LoopDeps): Promise<{ code: number | null; signal: string | null }> {
  const child = start([...node, options.core, '--revision', '0'], env);
  const halt = (): void => {
    child.kill('SIGTERM');
    setTimeout(() => {
      if (child.exitCode === null && child.signalCode === null) {
        say.error(`pv-core did not stop within ${stopTimeoutMs / 1000} seconds; killing it`);
        child.kill('SIGKILL');
      }
    }, stopTimeoutMs).unref();
  };
  stop.addEventListener('abort', halt);
  if (stop.aborted) halt();
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  stop.removeEventListener('abort', halt);
  return { code, signal };
}

/** pv-core knows what it made: it removes what is left of it. */
async function sweep({ options, node, env, say }: LoopDeps): Promise<void> {
  const [code] = (await once(start([...node, options.core, '--sweep'], env), 'exit')) as [number | null];
  if (code !== 0) say.error('something of this run could not be removed; see the messages above');
}

/** In a process group of its own: Ctrl-C on the terminal reaches it through us alone, once. */
function start([command = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env, detached: true });
}

async function rest(seconds: number, stop: AbortSignal): Promise<void> {
  await pause(seconds * 1000, undefined, { signal: stop }).catch(() => undefined);
}
