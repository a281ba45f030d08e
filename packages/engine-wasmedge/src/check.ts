/** What is wrong with a WebAssembly container before it is ever started: its configuration, its module, its compiled file. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { machine } from 'node:os';
import { basename, join } from 'node:path';
import type { Declaration, Engine, Program } from '@pv/engine/engine';
import { pathTo } from '@pv/state/json';
import { parseConfig, type WasmEdgeConfig } from './config.ts';
import { limitLines } from './lxc-config.ts';
import { type Module, readModule } from './module.ts';

/** The compiled file for this machine, by name; undefined: there is none, and the module is interpreted. */
export function compiledFile({ aot }: WasmEdgeConfig): string | undefined {
  return aot?.files[machine()];
}

export type CheckResult =
  | { readonly kind: 'ok'; readonly config: WasmEdgeConfig; readonly program: Program }
  /** One line each: file, place, what is wrong. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

export function checkDeclaration({ config: source, program }: Declaration, lxc: Engine): CheckResult {
  if (program === undefined) return { kind: 'invalid', problems: [`${source.path}: $: names no module`] };
  const parsed = parseConfig(source, program.volumes);
  if (parsed.kind === 'invalid') return parsed;
  const { config } = parsed;
  const problems = [...programProblems(source.path, program, config), ...limitProblems(source.path, config, lxc)];
  return problems.length > 0 ? { kind: 'invalid', problems } : { kind: 'ok', config, program };
}

function programProblems(path: string, program: Program, config: WasmEdgeConfig): string[] {
  const read = readProgram(program);
  if (read.kind === 'unreadable') return [`${nameOf(program)}: cannot be read: ${read.reason}; install the revision again`];
  return [...moduleProblems(read.bytes, program, config), ...compiledProblems(path, read.bytes, program, config)];
}

type ReadResult = { readonly kind: 'bytes'; readonly bytes: Buffer } | { readonly kind: 'unreadable'; readonly reason: string };

function readProgram({ folder, file }: Program): ReadResult {
  try {
    return { kind: 'bytes', bytes: readFileSync(join(folder, file)) };
  } catch (error) {
    return { kind: 'unreadable', reason: (error as Error).message };
  }
}

/** As messages name the module. */
const nameOf = ({ folder, file }: Program): string => `${basename(folder)}/${file}`;

function moduleProblems(bytes: Uint8Array, program: Program, { wasi }: WasmEdgeConfig): string[] {
  const read = readModule(bytes);
  const problem = read.kind === 'invalid' ? read.reason : unmet(read.module, wasi);
  return problem === undefined ? [] : [`${nameOf(program)}: ${problem}`];
}

/** What the runtime itself provides; its plug-ins are not in a container's root. */
const provided = ['wasi_snapshot_preview1', 'wasi:logging/logging'];

function unmet({ imports, exports }: Module, wasi: boolean): string | undefined {
  const missing = imports.find(({ module }) => !provided.includes(module));
  if (missing !== undefined) return `imports '${missing.module}.${missing.name}', which nothing provides; there is ${provided.join(', ')}`;
  const refused = imports.find(({ module }) => !wasi && module.startsWith('wasi'));
  if (refused !== undefined) return `imports '${refused.module}.${refused.name}', but its configuration says "wasi": false`;
  return exports.includes('_start') ? undefined : "exports no '_start': it is a library, not a program";
}

function compiledProblems(path: string, bytes: Uint8Array, { folder, file }: Program, { aot }: WasmEdgeConfig): string[] {
  if (aot === undefined) return [];
  const absent = Object.entries(aot.files).filter(([, compiled]) => !existsSync(join(folder, compiled)));
  if (absent.length > 0) return absent.map(([name, compiled]) => `${path}: ${pathTo('$.aot.files', name)}: the state has no '${compiled}'`);
  const sum = createHash('sha256').update(bytes).digest('hex');
  return sum === aot.module ? [] : [`${path}: $.aot.module: is not the SHA-256 sum of ${file}, which is ${sum}: compile it again`];
}

/** LXC's engine knows what this machine can limit. */
function limitProblems(path: string, { limits }: WasmEdgeConfig, lxc: Engine): string[] {
  return Object.entries(limitLines(limits)).flatMap(([key, lines]) => {
    const problems = lxc.check({ config: { path: '', text: lines.join('\n') } });
    return problems.slice(0, 1).map((problem) => `${path}: $.limits.${key}: ${problem.replace(/^:\d+: \S+: /, '')}`);
  });
}
