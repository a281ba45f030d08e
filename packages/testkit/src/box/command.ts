/**
 * Programs that run in a box: in all of its namespaces and in its cgroups. Such a program ends when its starter ends
 * or is killed, unless it has gone to the background itself.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '../wait-for.ts';

export interface BoxPlace {
  /** Process 1 of the box, as the host numbers it. */
  readonly initPid: number;
  /** Where to be put, one directory per hierarchy. */
  readonly cgroups: readonly string[];
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Text for its standard input; without it there is none. */
  readonly input?: string;
  /** Milliseconds until it is killed, which is then an error; 60 s when not given. */
  readonly timeoutMs?: number;
}

export interface CommandResult {
  /** 128 + signal number as shells have it, when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface BackgroundCommand {
  /** The program's pid, as the host numbers it. */
  readonly hostPid: number;
  /** Both its outputs until now. */
  output(): string;
  readonly ended: Promise<number>;
  /** SIGKILL to the program; resolves when it is gone. */
  kill(): Promise<void>;
}

// Each hierarchy first, while its path is the host's; then the namespaces; then the program itself, bound to its starter.
const script = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo 0 >"$1/cgroup.procs" || exit 125; shift; n=$((n - 1)); done; exec "$@"';
const flags = ['--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup'];

function start({ initPid, cgroups }: BoxPlace, argv: readonly string[], env: Readonly<Record<string, string>>, input: boolean): ChildProcess {
  const enter = ['nsenter', '--target', String(initPid), ...flags, 'setpriv', '--pdeathsig', 'KILL', ...argv];
  return spawn('/bin/sh', ['-c', script, 'sh', String(cgroups.length), ...cgroups, ...enter], {
    env: { PATH: process.env['PATH'], HOME: '/root', LC_ALL: 'C.UTF-8', PV_NODE: process.execPath, ...env },
    stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
}

export async function exec(place: BoxPlace, argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { env = {}, input, timeoutMs = 60_000 } = options;
  const child = start(place, argv, env, input !== undefined);
  const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)];
  child.stdin?.on('error', () => undefined).end(input);
  const limit = AbortSignal.timeout(timeoutMs);
  limit.addEventListener('abort', () => child.kill('SIGKILL'));
  const code = await status(child);
  if (limit.aborted) throw new Error(`${argv.join(' ')}: killed after ${timeoutMs} ms\n${stdout()}${stderr()}`);
  return { code, stdout: stdout(), stderr: stderr() };
}

export async function background(place: BoxPlace, argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<BackgroundCommand> {
  const child = start(place, argv, env, false);
  const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)];
  const output = (): string => `${stdout()}${stderr()}`;
  const ended = status(child);
  const hostPid = await waitFor(() => (child.exitCode === null && child.signalCode === null ? onlyChild(child.pid) : -1), { what: `a start of ${argv.join(' ')}`, detail: output });
  if (hostPid < 0) throw new Error(`${argv.join(' ')} ended at once with ${await ended}:\n${output()}`);
  const kill = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) process.kill(hostPid, 'SIGKILL');
    await ended;
  };
  return { hostPid, output, ended, kill };
}

/** Milliseconds for what a program printed before its end, when somebody whom it started keeps its outputs open. */
const drainMs = 500;

/** nsenter ends as its program ended, by the same signal too. The outputs stay open for those who have them: they must not run into a broken pipe. */
async function status(child: ChildProcess): Promise<number> {
  const closed = new Promise((resolve) => child.once('close', resolve));
  const [code, signal] = (await once(child, 'exit')) as [number, null] | [null, NodeJS.Signals];
  await Promise.race([closed, delay(drainMs, undefined, { ref: false })]);
  return code ?? 128 + constants.signals[signal];
}

function gather(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: string[] = [];
  stream?.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  return () => chunks.join('');
}

/** nsenter's child is the program, once it is there. */
function onlyChild(pid: number | undefined): number | undefined {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return /^\d+$/.test(children) ? Number(children) : undefined;
}
