/**
 * LXC behind the engine interface. LXC's own monitor keeps the container and, through a small shell hook, records
 * its exact end; see docs/decisions/0002-lxc-monitor.md. Containers outlive this process.
 */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AdoptResult, AdoptSpec, Engine, StartResult, StartSpec } from '@pv/engine/engine';
import { cgroupLayout, removeGroups, removeSharedGroups } from './cgroup.ts';
import { configProblems } from './config.ts';
import { lastErrors, runTool, sizeOf } from './lxc-tools.ts';
import { haltSignal, mergedConfig } from './merged-config.ts';
import { fitsCommandSocket, watchMonitor } from './monitor.ts';
import { clearRecords, monitorPidFile, recordedEnd, recordedHalt, recordedInit, recordHalt } from './records.ts';
import { runningContainer } from './running.ts';

export interface LxcOptions {
  /** Absolute path of hooks/pv-lxc-hook. */
  readonly hook: string;
  /** 0 TRACE to 2 INFO; above INFO the monitor does not say how init ended. */
  readonly logLevel: number;
  readonly allowHostNetwork: boolean;
  /** Where LXC keeps containers; default: what its tools use without a path option. */
  readonly lxcPath?: string;
}

const startTimeoutMs = 60_000;
const levels = ['TRACE', 'DEBUG', 'INFO'];

export function createLxcEngine(options: LxcOptions): Engine {
  const known = { lxcPath: options.lxcPath };
  const lxcPath = async (): Promise<string> => (known.lxcPath ??= (await runTool('lxc-config', ['lxc.lxcpath'], 5_000)).output || '/var/lib/lxc');
  return {
    type: 'lxc',
    unusable,
    check: (config) => configProblems(config, { allowHostNetwork: options.allowHostNetwork, layout: cgroupLayout() }),
    start: async (spec) => start(spec, await lxcPath(), options),
    adopt: async (spec) => adopt(spec, await lxcPath()),
    sweep: async (spec) => {
      await removeGroups(spec.name);
      rmSync(join(await lxcPath(), spec.name), { recursive: true, force: true });
    },
    tidy: removeSharedGroups,
  };
}

async function unusable(): Promise<string | undefined> {
  const { status } = await runTool('lxc-start', ['--version'], 5_000);
  if (status === 127) return 'lxc-start is not installed: install the package lxc';
  return cgroupLayout() === 'CGROUP_UNKNOWN' ? 'no control groups are mounted at /sys/fs/cgroup: mount them' : undefined;
}

async function start(spec: StartSpec, lxcPath: string, options: LxcOptions): Promise<StartResult> {
  if (!fitsCommandSocket(lxcPath, spec.name)) return { kind: 'failed', reason: `the name '${spec.name}' is too long for LXC below ${lxcPath}` };
  const before = watchMonitor(lxcPath, spec.name);
  if (before !== undefined) {
    before.release();
    return { kind: 'failed', reason: `LXC runs a container '${spec.name}' already` };
  }
  const config = prepare(spec, lxcPath, options);
  await removeGroups(spec.name);
  const logSize = sizeOf(spec.logs.engine);
  const args = ['-P', lxcPath, '-n', spec.name, '-f', config, '-d', '-p', monitorPidFile(spec.stateDir), '-o', spec.logs.engine, '-l', levels[options.logLevel] ?? 'INFO'];
  const finished = await runTool('lxc-start', args, startTimeoutMs);
  const watch = watchMonitor(lxcPath, spec.name);
  const init = recordedInit(spec.stateDir);
  if (watch === undefined || init === undefined) return await ended(spec, watch === undefined ? undefined : () => watch.release(), finished.output, logSize);
  return { kind: 'running', container: runningContainer({ spec, init, watch, halt: haltSignal(spec) }) };
}

/** It ran and has ended before we could watch it, or it never ran. */
async function ended(spec: StartSpec, release: (() => void) | undefined, output: string, logSize: number): Promise<StartResult> {
  release?.();
  await removeGroups(spec.name);
  const init = recordedInit(spec.stateDir);
  const end = recordedEnd(spec.stateDir);
  const errors = lastErrors(spec.logs.engine, logSize);
  if (init === undefined || end === undefined || errors !== '') {
    return { kind: 'failed', reason: `${errors || output.split('\n')[0] || 'lxc-start failed without a word'} (see ${spec.logs.engine})` };
  }
  const gone = { gone: Promise.resolve(), release: () => undefined };
  return { kind: 'running', container: runningContainer({ spec, init, watch: gone, halt: haltSignal(spec) }) };
}

/** Directories, records and the merged configuration, which LXC's tools read from there too. */
function prepare(spec: StartSpec, lxcPath: string, { hook }: LxcOptions): string {
  const directory = join(lxcPath, spec.name);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  chmodSync(directory, 0o755);
  mkdirSync(join(spec.rootfs.writable, 'upper'), { recursive: true, mode: 0o755 });
  mkdirSync(join(spec.rootfs.writable, 'work'), { recursive: true, mode: 0o755 });
  clearRecords(spec.stateDir);
  recordHalt(spec.stateDir, haltSignal(spec));
  const config = join(directory, 'config');
  writeFileSync(config, mergedConfig(spec, hook), { mode: 0o644 });
  return config;
}

async function adopt(spec: AdoptSpec, lxcPath: string): Promise<AdoptResult> {
  const init = recordedInit(spec.stateDir);
  if (init === undefined) return { kind: 'none' };
  const watch = watchMonitor(lxcPath, spec.name);
  if (watch === undefined) return { kind: 'ended', end: recordedEnd(spec.stateDir) ?? { kind: 'unknown', reason: 'its monitor ended without a record' } };
  return { kind: 'running', container: runningContainer({ spec, init, watch, halt: recordedHalt(spec.stateDir) ?? 'SIGPWR' }) };
}
