/**
 * WebAssembly containers: LXC's monitor keeps each, as it keeps any other, and its first process is WasmEdge with the
 * module; see docs/decisions/0012-webassembly.md. So namespaces, limits, records, adoption and the mesh are LXC's.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BindMount, Engine, Program, StartResult, StartSpec } from '@pv/engine/engine';
import { checkDeclaration, compiledFile } from './check.ts';
import { inside, runtimeCommand } from './command.ts';
import type { WasmEdgeConfig } from './config.ts';
import { lxcConfig } from './lxc-config.ts';
import { makeRoot } from './root.ts';
import { findRuntime, type Runtime, type RuntimeResult } from './runtime.ts';

export interface WasmEdgeOptions {
  /** Keeps the containers. */
  readonly lxc: Engine;
  /** Where WasmEdge is installed: `/`, unless it has a tree of its own. */
  readonly tree: string;
}

export function createWasmEdgeEngine({ lxc, tree }: WasmEdgeOptions): Engine {
  const known: { result?: Promise<RuntimeResult> } = {};
  const find = async (): Promise<RuntimeResult> => {
    const result = await (known.result ??= findRuntime(tree));
    // It may be installed later.
    if (result.kind === 'unusable') delete known.result;
    return result;
  };
  const runtime = async (): Promise<RuntimeResult> => {
    const result = await find();
    if (result.kind === 'unusable' || isComplete(result.runtime)) return result;
    delete known.result;
    return find();
  };
  return {
    type: 'wasmedge',
    unusable: async () => {
      const [found, reason] = await Promise.all([runtime(), lxc.unusable()]);
      return found.kind === 'unusable' ? found.reason : reason;
    },
    check: (declaration) => {
      const checked = checkDeclaration(declaration, lxc);
      return checked.kind === 'ok' ? [] : checked.problems;
    },
    start: async (spec) => start(spec, await runtime(), lxc),
    adopt: (spec) => lxc.adopt(spec),
    sweep: (spec) => lxc.sweep(spec),
    tidy: () => lxc.tidy(),
  };
}

/** An upgrade, of a library too, may have left other files than those that were found. */
function isComplete({ files }: Runtime): boolean {
  return files.every(({ source }) => existsSync(source));
}

async function start(spec: StartSpec, found: RuntimeResult, lxc: Engine): Promise<StartResult> {
  if (found.kind === 'unusable') return { kind: 'failed', reason: found.reason };
  const checked = checkDeclaration(spec, lxc);
  if (checked.kind === 'invalid') return { kind: 'failed', reason: checked.problems.join('; ') };
  const { config, program } = checked;
  const mounts = [...runtimeMounts(found.runtime), ...programMounts(program, config), ...volumeMounts(spec, config), ...spec.mounts];
  const root = join(spec.rootfs.writable, 'root');
  makeRoot(root, mounts);
  return lxc.start({
    ...spec,
    config: { path: spec.config.path, text: lxcConfig(config, found.runtime.program) },
    command: runtimeCommand({ program: found.runtime.program, config, environment: spec.environment, compiled: compiledFile(config) !== undefined }),
    rootfs: { ...spec.rootfs, lower: [...spec.rootfs.lower, root] },
    mounts,
  });
}

function runtimeMounts({ files }: Runtime): BindMount[] {
  return files.map(({ source, target }) => readable(source, target));
}

function programMounts({ folder, file }: Program, config: WasmEdgeConfig): BindMount[] {
  const compiled = compiledFile(config);
  return [readable(join(folder, file), inside.module), ...(compiled === undefined ? [] : [readable(join(folder, compiled), inside.compiled)])];
}

const readable = (source: string, target: string): BindMount => ({ source, target, kind: 'file', readOnly: true });

/** Each once, even if the module sees it at several places. */
function volumeMounts({ name, volumesDir }: StartSpec, { dirs }: WasmEdgeConfig): BindMount[] {
  const uses = Object.values(dirs);
  return [...new Set(uses.map(({ volume }) => volume))].map((volume) => ({
    source: join(volumesDir, name, volume), target: inside.volume(volume), kind: 'dir', readOnly: uses.every((use) => use.volume !== volume || use.read_only),
  }));
}
