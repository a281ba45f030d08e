/** Runs pv-core to its end, within bounds once it was told to stop. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { CoreEnd } from './next-step.ts';
import type { Say } from './say.ts';

export interface CoreRunner {
  /** Node and its flags, then the program. */
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly say: Say;
  /** Aborted when we are to stop. */
  readonly stop: AbortSignal;
  /** Milliseconds from the request to end, when it is made, until force. */
  readonly patienceMs: () => number;
  /** The pids of what runs. */
  readonly started: Set<number>;
}

/** A revision, until pv-core ends by itself or `stop` ends it. `onStart`: with its pid. */
export async function runCore(runner: CoreRunner, revision: string, onStart: (pid: number) => void): Promise<CoreEnd> {
  const child = start(runner, ['--revision', revision]);
  if (child.pid !== undefined) onStart(child.pid);
  const halt = (): void => {
    child.kill('SIGTERM');
    force(child, runner, 'did not stop');
  };
  runner.stop.addEventListener('abort', halt);
  if (runner.stop.aborted) halt();
  try {
    return await endOf(child);
  } finally {
    runner.stop.removeEventListener('abort', halt);
  }
}

/** pv-core knows what it made: it removes what is left of it. False, once it was said, when something stays. */
export async function sweep(runner: CoreRunner): Promise<boolean> {
  const child = start(runner, ['--sweep']);
  force(child, runner, 'did not finish its sweep');
  const { code } = await endOf(child);
  if (code !== 0) runner.say.error('something of this run could not be removed; see the messages above');
  return code === 0;
}

/** In a session of its own: Ctrl-C on the terminal reaches it through us alone, once, and our own end does not hang it up. */
function start({ command: [program = '', ...args], env, started }: CoreRunner, more: readonly string[]): ChildProcess {
  const child = spawn(program, [...args, ...more], { stdio: ['ignore', 'inherit', 'inherit'], env, detached: true });
  const { pid } = child;
  if (pid !== undefined) {
    started.add(pid);
    child.once('exit', () => started.delete(pid));
  }
  return child;
}

function force(child: ChildProcess, { say, patienceMs }: CoreRunner, what: string): void {
  const patience = patienceMs();
  const timer = setTimeout(() => {
    say.error(`pv-core ${what} within ${patience / 1000} seconds; killing it`);
    child.kill('SIGKILL');
  }, patience);
  child.once('exit', () => clearTimeout(timer));
}

async function endOf(child: ChildProcess): Promise<CoreEnd> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return { code, signal };
}
