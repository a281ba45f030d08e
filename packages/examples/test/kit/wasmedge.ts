/** A module, run by the WasmEdge that the set-up has unpacked, with no container around it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { vi } from 'vitest';

const tree = resolve(import.meta.dirname, '../../../../.cache/trees/wasmedge');

export interface Running {
  /** All of its output until now. */
  said(): string;
  /** Resolves when it has said so. */
  says(text: string): Promise<void>;
  /** Its exit status, when it has ended by itself. */
  readonly ended: Promise<number | null>;
  kill(): Promise<void>;
}

export interface RunOptions {
  /** Of the runtime. */
  readonly options?: readonly string[];
  /** Of the module. */
  readonly args?: readonly string[];
}

export function runModule(module: string, { options = [], args = [] }: RunOptions = {}): Running {
  const child = spawn(...unpacked('wasmedge', ['--allow-af-unix', ...options, module, ...args]), { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
  const said = () => output.join('');
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { said, says: (text) => vi.waitFor(() => { if (!said().includes(text)) throw new Error(`not said: ${text}\nbut:\n${said()}`); }, { timeout: 120_000 }), ended, kill: () => kill(child, ended) };
}

/** A program of the tree, with its own C library, by its own loader. */
function unpacked(program: string, args: readonly string[]): [string, string[]] {
  const libraries = readdirSync(join(tree, 'usr/lib')).filter((name) => name.includes('-linux-gnu')).map((name) => join(tree, 'usr/lib', name))[0] ?? '';
  const loader = readdirSync(libraries).find((name) => name.startsWith('ld-linux')) ?? '';
  return [join(libraries, loader), ['--library-path', libraries, join(tree, 'usr/bin', program), ...args]];
}

async function kill(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}
