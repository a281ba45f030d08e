/** The program itself, as a process: bundled as it is shipped, once per test file. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { waitFor } from '@pv/testkit/wait-for';
import { build } from 'esbuild';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

const app = fileURLToPath(new URL('../..', import.meta.url));
/** Beside the app's own packages, where Node finds koffi. */
const folder = join(app, 'dist', `test-${process.pid}`);
const bundle = join(folder, 'pv-xconnect.mjs');

/** The threads, bundled as they are shipped; for a daemon within the test's own process. */
export async function bundledWorkers(): Promise<{ relay: URL; mount: URL }> {
  const place = `${folder}-workers`;
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  await bundleWorkers(place);
  return { relay: pathToFileURL(join(place, 'pv-xconnect.relay.mjs')), mount: pathToFileURL(join(place, 'pv-xconnect.mount.mjs')) };
}

async function bundleWorkers(place: string): Promise<void> {
  await Promise.all(['relay', 'mount'].map((worker) => bundleFile(`${worker}-worker.ts`, join(place, `pv-xconnect.${worker}.mjs`))));
}

export async function bundleFile(source: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [join(app, 'src', source)], outfile, bundle: true, platform: 'node', target: 'node20', format: 'esm',
    external: ['koffi'], define: { PV_VERSION: '"test"' }, logLevel: 'warning',
  });
}

/** Call once at the top of a test file. */
export function bundleProgram(): void {
  beforeAll(async () => {
    await bundleFile('main.ts', bundle);
    await bundleWorkers(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
}

export interface Program {
  readonly pid: number;
  readonly child: ChildProcess;
  out(): string;
  err(): string;
  printed(text: string): Promise<unknown>;
  signal(name: NodeJS.Signals): Promise<Ended>;
  ended(): Promise<Ended>;
}

export interface Ended {
  readonly code: number | null;
  readonly out: string[];
  readonly err: string;
}

/** `inherit`: its descriptors 3, 4, ... */
export function program(args: readonly string[], env: Readonly<Record<string, string>> = {}, inherit: readonly number[] = []): Program {
  const child = spawn(process.execPath, [bundle, ...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe', ...inherit] });
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const exit = once(child, 'close') as Promise<[number | null]>;
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  const ended = async (): Promise<Ended> => {
    const [code] = await exit;
    return { code, out: out.split('\n').slice(0, -1), err };
  };
  return {
    pid: child.pid ?? 0, child, out: () => out, err: () => err, ended,
    printed: (text) => waitFor(() => out.includes(text), { what: JSON.stringify(text), detail: () => `${out}${err}`, timeoutMs: 15_000 }),
    signal: (name) => {
      child.kill(name);
      return ended();
    },
  };
}
