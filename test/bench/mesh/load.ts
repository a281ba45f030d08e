/** Runs the load generator, load.c. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Running } from './process.ts';

const run = promisify(execFile);

export type Load = 'bulk' | 'trips' | 'connects' | 'http';

export interface Result {
  readonly count: number;
  readonly bytes: number;
  readonly failures: number;
  readonly seconds: number;
}

/** For `seconds`, or until `count` of them are done. */
export async function load(program: string, kind: Load, path: string, connections: number, seconds: number, count?: number): Promise<Result> {
  const { stdout } = await run(program, [kind, path, String(connections), String(seconds), ...(count === undefined ? [] : [String(count)])]);
  return JSON.parse(stdout) as Result;
}

/** The moment of the first round trip through `path`, in milliseconds of the monotonic clock. */
export async function usableAt(program: string, path: string): Promise<number> {
  const { stdout } = await run(program, ['usable', path], { timeout: 60_000 });
  return Number(stdout);
}

/** Same clock. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Holds what it opened until it is stopped. `said`: what it reports, a number. */
export async function hold(program: string, args: readonly string[]): Promise<{ said: number; process: Running }> {
  const process = new Running(program, args);
  await process.says('\n');
  return { said: Number(process.said()), process };
}
