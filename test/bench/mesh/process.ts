/** A process that says a line when it is ready, and what /proc tells of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { waitFor } from '@pv/testkit/wait-for';

/** USER_HZ, the same on every architecture that we run on. */
const ticksPerSecond = 100;

export class Running {
  readonly child: ChildProcess;
  readonly #said: string[] = [];

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (text: Buffer) => this.#said.push(text.toString()));
    this.child.stderr?.on('data', (text: Buffer) => this.#said.push(text.toString()));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  said(): string {
    return this.#said.join('');
  }

  /** Resolves when it has said `text` `times` times. */
  async says(text: string, times = 1): Promise<void> {
    const seen = (): boolean => this.child.exitCode !== null || this.said().split(text).length > times;
    await waitFor(seen, { what: `${times} times '${text}'`, everyMs: 1, timeoutMs: 120_000, detail: () => this.said().slice(-2000) });
    if (this.said().split(text).length <= times) throw new Error(`ended with ${this.child.exitCode}: ${this.said().slice(-2000)}`);
  }

  /** SIGTERM, then its end. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill();
    await ended;
  }
}

export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Proportional set size, MB. */
export function pss(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024 / 1e6;
}

export function openFds(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
