/**
 * One managed daemon: started, respawned with a growing delay, stopped, and adopted after a restart of pv-core.
 *
 * Its stdout and stderr are FIFOs. They outlive pv-core, so a daemon never writes into a broken pipe; and their end
 * of file says that the daemon is gone, also to a pv-core that is not its parent. Nothing else of ours may hold them.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Daemon as DaemonRecord, DaemonAction } from '@pv/contract/daemons';
import type { DaemonName } from '@pv/contract/names';
import { makeFifo } from '@pv/pv-native/fifo';
import { readProcess } from '@pv/pv-native/process';
import type { Clock } from '@pv/runtime/clock';
import type { Logger } from '@pv/runtime/log';
import { type LineLimit, limitLines } from './line-limit.ts';
import { readLines } from './lines.ts';
import { respawnDelay } from './respawn.ts';
import { writerOf } from './writer.ts';

export interface DaemonSpec {
  readonly name: DaemonName;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Descriptors for 3, 4, ... of the daemon, opened anew or kept; asked for at each spawn. */
  readonly inherit: () => readonly number[];
  /** Told the pid of a daemon that an earlier pv-core started and this one took over. */
  readonly adopted?: (pid: number) => void;
  /** How a restart ends it; missing: SIGTERM, as a stop does. */
  readonly restartSignal?: 'SIGUSR2';
  /** Why it does not run in this configuration: it is not started, and one that still runs is ended. */
  readonly off?: string;
  /** What it reads may have changed since an earlier pv-core started it: it gets a SIGHUP when it is adopted. */
  readonly reread?: boolean;
  /** How much of each of its outputs goes to the log; missing: all. */
  readonly lineLimit?: LineLimit;
}

export interface DaemonDeps {
  /** Holds FIFOs and pid records. */
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Seconds between two looks at an adopted daemon. */
const adoptedCheck = 1;
/** Seconds from SIGTERM to SIGKILL. */
const stopGrace = 5;

export class ManagedDaemon {
  readonly #spec: DaemonSpec;
  readonly #deps: DaemonDeps;
  #pid = 0;
  #respawn = true;
  #quickEnds = 0;
  #startedAt = 0;
  /** The one that waits is the respawn of a daemon that has ended, or the SIGKILL of one that should. */
  #cancelTimer: () => void = () => undefined;
  #cancelWatch: () => void = () => undefined;
  #readers: Socket[] = [];
  #onEnd: (() => void)[] = [];

  constructor(spec: DaemonSpec, deps: DaemonDeps) {
    this.#spec = spec;
    this.#deps = deps;
  }

  get name(): DaemonName {
    return this.#spec.name;
  }

  /** pid as upstream shows it: 0 not running but to be respawned, -1 ended with respawn off. */
  get record(): DaemonRecord {
    return { name: this.name, pid: this.#pid > 0 ? this.#pid : this.#respawn ? 0 : -1, respawn: this.#respawn };
  }

  /** Takes over the daemon of an earlier pv-core if it still runs, else starts one. */
  begin(): void {
    const { off, reread } = this.#spec;
    this.#respawn = off === undefined;
    const pid = this.#recordedPid() ?? this.#unrecordedPid();
    if (pid === undefined) return this.#respawn ? this.#spawn() : undefined;
    this.#deps.log.info(`adopted daemon ${this.name}: ${pid}`);
    this.#pid = pid;
    this.#startedAt = this.#deps.clock.now();
    this.#spec.adopted?.(pid);
    this.#listen(undefined);
    this.#watch(pid);
    if (!this.#respawn) this.#terminate();
    else if (reread === true) signal(pid, 'SIGHUP');
  }

  act(action: DaemonAction): void {
    if (this.#spec.off !== undefined) return this.#deps.log.warn(`daemon ${this.name}: no ${action}, it is off: ${this.#spec.off}`);
    this.#cancelTimer();
    this.#quickEnds = 0;
    this.#respawn = action !== 'stop';
    if (action !== 'start' && this.#pid > 0) this.#terminate(action === 'restart' ? this.#spec.restartSignal : undefined);
    else if (action !== 'stop' && this.#pid <= 0) this.#spawn();
  }

  /** Resolves when it has ended; it is not respawned. */
  async stop(): Promise<void> {
    if (this.#spec.off === undefined) this.act('stop');
    if (this.#pid > 0) await new Promise<void>((resolve) => this.#onEnd.push(resolve));
  }

  /** pv-core goes, the daemon stays: what becomes of it is the next pv-core's concern. */
  release(): void {
    this.#pid = 0;
    this.#respawn = false;
    this.#cancelTimer();
    this.#cancelWatch();
    this.#closeReaders();
  }

  #closeReaders(): void {
    for (const reader of this.#readers.splice(0)) reader.destroy();
  }

  #spawn(): void {
    const { log, clock } = this.#deps;
    log.info(`Spawning ${this.name} daemon.`);
    this.#startedAt = clock.now();
    try {
      const child = this.#start();
      child.on('error', (error) => this.#spawnFailed(error));
      if (child.pid === undefined) return;
      child.unref();
      this.#pid = child.pid;
      this.#listen(child);
      this.#record(child.pid);
      log.info(`spawned daemon ${this.name}: ${child.pid}`);
    } catch (error) {
      this.#spawnFailed(error as Error);
    }
  }

  #start(): ChildProcess {
    const outputs: number[] = [];
    try {
      this.#openOutputs(outputs);
      const [command = '', ...args] = this.#spec.argv;
      return spawn(command, args, { stdio: ['ignore', ...outputs, ...this.#spec.inherit()], env: this.#spec.env, detached: true, cwd: '/' });
    } finally {
      for (const fd of outputs) closeSync(fd);
    }
  }

  /** A program that is missing stays so; want of memory, processes or room may pass. */
  #spawnFailed({ message, code = '', syscall = '' }: NodeJS.ErrnoException): void {
    const { log } = this.#deps;
    if (syscall.startsWith('spawn') && /^(?:ENOENT|EACCES|ENOEXEC)$/.test(code)) {
      log.info(`daemon not found ${this.name}: disabling respawn (${message})`);
      this.#respawn = false;
      return;
    }
    log.error(`daemon ${this.name} cannot be started: ${message}`);
    if (this.#respawn) this.#respawnLater();
  }

  /**
   * `ends`: takes those for the child. It reads what it writes, as far as the kernel knows: while no pv-core runs, a pipe without a reader
   * would break, and what it prints meanwhile would be lost.
   */
  #openOutputs(ends: number[]): void {
    this.#closeReaders();
    for (const path of this.#fifos()) {
      rmSync(path, { force: true });
      makeFifo(path, 0o600);
      const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      this.#readers.push(new Socket({ fd: reading, readable: true, writable: false }));
      ends.push(openSync(path, constants.O_RDWR));
    }
  }

  /** Without a child (adopted) the end of both outputs is the end of the daemon. */
  #listen(child: ChildProcess | undefined): void {
    if (child === undefined) {
      this.#readers = this.#fifos().map((path) => new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false }));
    }
    const [out, err] = this.#readers;
    if (out === undefined || err === undefined) return;
    readLines(out, this.#logged('out', 'INFO'));
    readLines(err, this.#logged('err', 'WARN'));
    const pid = this.#pid;
    if (child === undefined) out.once('close', () => this.#ended(pid, 'ended'));
    else child.once('exit', (code, signal) => this.#ended(pid, signal === null ? `exited with code ${code}` : `was ended by ${signal}`));
  }

  #logged(output: 'out' | 'err', level: 'INFO' | 'WARN'): (line: string) => void {
    const log = this.#deps.log.for(`${this.name}-${output}`);
    const onLine = (line: string): void => log.raw(level, line);
    const { lineLimit } = this.#spec;
    return lineLimit === undefined ? onLine : limitLines(lineLimit, this.#deps.clock, onLine);
  }

  #ended(pid: number, how: string): void {
    if (pid !== this.#pid) return;
    this.#pid = 0;
    this.#cancelTimer();
    this.#cancelWatch();
    rmSync(this.#recordPath(), { force: true });
    this.#deps.log.warn(`Daemon exited. ${this.name} (pid ${pid}) ${how}`);
    for (const resolve of this.#onEnd.splice(0)) resolve();
    if (this.#respawn) this.#respawnLater();
  }

  #respawnLater(): void {
    const { log, clock } = this.#deps;
    const { delay, quickEnds } = respawnDelay(clock.now() - this.#startedAt, this.#quickEnds);
    this.#quickEnds = quickEnds;
    if (delay > 0) log.info(`daemon ${this.name}: deferring respawn by ${delay} seconds`);
    this.#cancelTimer = clock.after(delay, () => this.#spawn());
  }

  #terminate(how: 'SIGTERM' | 'SIGUSR2' = 'SIGTERM'): void {
    const pid = this.#pid;
    this.#deps.log.info(`Stopping daemon ${this.name} (pid ${pid})`);
    signal(pid, how);
    this.#cancelTimer = this.#deps.clock.after(stopGrace, () => this.#pid === pid && signal(pid, 'SIGKILL'));
  }

  /** No output tells of the end of an adopted one that came before it was opened, or while something the daemon started holds it too. */
  #watch(pid: number): void {
    this.#cancelWatch = this.#deps.clock.after(adoptedCheck, () => (this.#recordedPid() === pid ? this.#watch(pid) : this.#ended(pid, 'ended')));
  }

  #fifos(): string[] {
    return ['out', 'err'].map((stream) => join(this.#deps.dir, `${this.name}.${stream}`));
  }

  #recordPath(): string {
    return join(this.#deps.dir, `${this.name}.json`);
  }

  #record(pid: number): void {
    const startTime = readProcess(pid)?.startTime;
    if (startTime === undefined) return;
    try {
      writeFileSync(`${this.#recordPath()}.tmp`, JSON.stringify({ pid, startTime }), { mode: 0o600 });
      renameSync(`${this.#recordPath()}.tmp`, this.#recordPath());
    } catch {
      // No room: the next pv-core finds the daemon by its output.
    }
  }

  /** That pv-core ended between the start and the record. */
  #unrecordedPid(): number | undefined {
    const writer = writerOf(this.#fifos()[0] ?? '');
    if (writer !== undefined) this.#record(writer.pid);
    return writer?.pid;
  }

  #recordedPid(): number | undefined {
    try {
      const { pid, startTime } = JSON.parse(readFileSync(this.#recordPath(), 'utf8')) as { pid: number; startTime: number };
      const found = readProcess(pid);
      return found?.startTime === startTime && found.state !== 'Z' ? pid : undefined;
    } catch {
      return undefined;
    }
  }
}

function signal(pid: number, name: 'SIGTERM' | 'SIGUSR2' | 'SIGKILL' | 'SIGHUP'): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already: its end is on the way.
  }
}
