/**
 * LXC's programs, called with argument vectors, never through a shell of the host. lxc-attach enters all namespaces of
 * the container, its control groups, capabilities, seccomp filter and security label, and only then runs a program,
 * which is looked up inside. It is always told which: left to choose a shell, it would ask the host's libc for the
 * user, and that loads name service modules from the container's files.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { isatty } from 'node:tty';

export interface Lxc {
  /** Where LXC keeps containers; undefined: its own default. */
  readonly path: string | undefined;
  /** Where its programs are looked for. */
  readonly searchPath: string;
}

export interface Entry {
  readonly container: string;
  /** Undefined: the container's root. */
  readonly user?: User;
  readonly environment: Readonly<Record<string, string>>;
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]];
}

export interface User {
  readonly uid: number;
  readonly gid: number;
}

export type Captured = { readonly kind: 'ended'; readonly status: number | null; readonly stdout: string; readonly stderr: string } | { readonly kind: 'missing'; readonly message: string };

const captureTimeoutMs = 20_000;
const captureBytes = 64 * 1024;

export function attachArgs(lxc: Lxc, { container, user, environment, command }: Entry): string[] {
  const identity = user === undefined ? [] : ['--uid', String(user.uid), '--gid', String(user.gid)];
  const variables = Object.entries(environment).flatMap(([name, value]) => ['--set-var', `${name}=${value}`]);
  return [...nameArgs(lxc, container), '--clear-env', ...variables, ...identity, '--', ...command];
}

export const nameArgs = ({ path }: Lxc, container: string): string[] => [...(path === undefined ? [] : ['--lxcpath', path]), '--name', container];

/** Runs one of them to its end, its outputs bounded; a `null` status: it was killed, at the latest after 20 s. */
export function capture(lxc: Lxc, program: string, args: readonly string[]): Captured {
  const { error, status, stdout, stderr } = spawnSync(program, args, {
    ...surroundings(lxc), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: captureTimeoutMs, killSignal: 'SIGKILL', maxBuffer: captureBytes,
  });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return missing(program);
  return { kind: 'ended', status, stdout, stderr };
}

export type Ended = { readonly kind: 'status'; readonly status: number } | { readonly kind: 'missing'; readonly message: string };

/** Runs lxc-attach on our own standard streams. The status is the command's, or 128 and the signal that ended it. */
export function attach(lxc: Lxc, entry: Entry): Promise<Ended> {
  // In our process group a signal for the group would end lxc-attach and leave the command running. On a terminal it has
  // to be there; but then the command has a terminal of its own, and hears of the end of the other side.
  const detached = ![0, 1, 2].some(isatty);
  // First, for the command may run before spawn returns here: a signal then would end us, and leave it running.
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => passOn(signal, child));
  const child = spawn('lxc-attach', attachArgs(lxc, entry), { ...surroundings(lxc), stdio: 'inherit', detached });
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? resolve(missing('lxc-attach')) : reject(new Error('lxc-attach cannot be run', { cause: error }))));
    child.on('exit', (code, signal) => resolve({ kind: 'status', status: code ?? 128 + (signal === null ? 0 : constants.signals[signal]) }));
  });
}

/** To the command itself, which is lxc-attach's child and stays its until it has ended; before it is there, to lxc-attach. */
function passOn(signal: NodeJS.Signals, attaching: ChildProcess): void {
  const { pid } = attaching;
  const commands = pid === undefined ? [] : enteredBy(pid);
  if (commands.length === 0) attaching.kill(signal);
  for (const command of commands) send(signal, command);
}

/**
 * Those children of an lxc-attach that are in other pid namespaces than we: the command. Another child is its helper, which
 * lives for a moment only; lxc-attach forgets the status of a command whose helper was killed. All processes are looked at:
 * `/proc/<pid>/task/<tid>/children` may leave one out while another ends (proc_pid_task_children(5)).
 */
export function enteredBy(attaching: number): number[] {
  return readdirSync('/proc').map(Number).filter((pid) => pid > 0 && isCommandOf(attaching, pid));
}

function isCommandOf(attaching: number, pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return status.includes(`\nPPid:\t${attaching}\n`) && /^NSpid:\t\d+\t\d+/m.test(status);
  } catch {
    // It has ended meanwhile.
    return false;
  }
}

function send(signal: NodeJS.Signals, pid: number): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended.
  }
}

/** Nothing of the caller's environment, and a working directory that is there on both sides. */
const surroundings = ({ searchPath }: Lxc) => ({ cwd: '/', env: { PATH: searchPath } });

const missing = (program: string): { kind: 'missing'; message: string } => ({ kind: 'missing', message: `${program} is not installed: install the package lxc` });
