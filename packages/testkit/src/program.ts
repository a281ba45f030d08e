/** A program of ours, bundled as it is installed and run as a process of its own: what a user meets, not a function call. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

export interface Program {
  /** The bundle. */
  readonly path: string;
  /** Resolves when it has ended and its outputs are closed. */
  run(args: readonly string[], options?: ProgramOptions): Promise<ProgramResult>;
  /** Its outputs are pipes that the caller reads. */
  start(args: readonly string[], options?: ProgramOptions): ChildProcess;
}

export interface ProgramOptions {
  /** Its whole environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its standard input; without it there is none. */
  readonly input?: string | Buffer;
}

export interface ProgramResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

const apps = resolve(import.meta.dirname, '../../../apps');

/** `app`: a folder of apps/. The bundle lies in `into` and says that it is version 1.2.3. */
export async function program(app: string, into: string): Promise<Program> {
  const path = join(into, `${app}.mjs`);
  await build({ entryPoints: [join(apps, app, 'src/main.ts')], outfile: path, bundle: true, platform: 'node', target: 'node20', format: 'esm', define: { PV_VERSION: '"1.2.3"' } });
  const start = (args: readonly string[], { env = {}, input }: ProgramOptions = {}): ChildProcess => {
    const child = spawn(process.execPath, [path, ...args], { env: { PATH: process.env['PATH'], ...env }, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
    // It may end before it has read all.
    child.stdin?.on('error', () => undefined).end(input);
    return child;
  };
  return { path, start, run: (args, options) => finished(start(args, options)) };
}

async function finished(child: ChildProcess): Promise<ProgramResult> {
  const [out, err] = [gather(child.stdout), gather(child.stderr)];
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, out: out(), err: err() };
}

function gather(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}
