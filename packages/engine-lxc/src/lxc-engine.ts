/**
 * LXC behind the engine interface. LXC's own monitor keeps the container and, through a small shell hook, records
 * its exact end; see docs/decisions/0002-lxc-monitor.md. Containers outlive this process.
 */
import type { AdoptResult, AdoptSpec, Engine, StartResult, StartSpec } from '@pv/engine/engine';
import { readProcess } from '@pv/pv-native/process';
import { cgroupControllers, cgroupLayout, killMonitor, removeGroups, removeSharedGroups } from './cgroup.ts';
import { configLines, configProblems } from './config.ts';
import { initCommand } from './init-command.ts';
import { type Finished, firstErrors, runTool, sizeOf, timedOut } from './lxc-tools.ts';
import { haltSignal, unusablePath } from './merged-config.ts';
import { fitsCommandSocket, watchMonitor } from './monitor.ts';
import { linkedTarget } from './mount-targets.ts';
import { processGone } from './process-gone.ts';
import { prepare, removeDirectory } from './prepare.ts';
import { clearRecords, monitorPidFile, recordedEnd, recordedHalt, recordedInit, recordedStarter, recordStarter } from './records.ts';
import { runningContainer, settle } from './running.ts';

export interface LxcOptions {
  /** Absolute path of hooks/pv-lxc-hook. */
  readonly hook: string;
  /** 0 TRACE to 2 INFO; above INFO the monitor does not say how init ended. */
  readonly logLevel: number;
  readonly allowHostNetwork: boolean;
  /** Where LXC keeps containers; default: what its tools use without a path option. */
  readonly lxcPath?: string;
  /** Seconds until a start that does not come to an end is given up; default 60. */
  readonly startTimeout?: number;
}

const levels = ['TRACE', 'DEBUG', 'INFO'];

export function createLxcEngine(options: LxcOptions): Engine {
  const known = { lxcPath: options.lxcPath };
  const lxcPath = async (): Promise<string> => (known.lxcPath ??= await defaultLxcPath());
  return {
    type: 'lxc',
    unusable,
    check: ({ config }) => check(config, options),
    start: async (spec) => start(spec, await lxcPath(), options),
    adopt: async (spec) => adopt(spec, await lxcPath(), options),
    sweep: async (spec) => {
      await removeGroups(spec.name);
      removeDirectory(await lxcPath(), spec.name);
      clearRecords(spec.stateDir);
    },
    tidy: removeSharedGroups,
  };
}

async function defaultLxcPath(): Promise<string> {
  const { status, output } = await runTool('lxc-config', ['lxc.lxcpath'], 5_000);
  return status === 0 && output.startsWith('/') ? output : '/var/lib/lxc';
}

async function unusable(): Promise<string | undefined> {
  const { status } = await runTool('lxc-start', ['--version'], 5_000);
  if (status === 127) return 'lxc-start is not installed: install the package lxc';
  return cgroupLayout() === 'CGROUP_UNKNOWN' ? 'no control groups are mounted at /sys/fs/cgroup: mount them' : undefined;
}

function check(config: StartSpec['config'], { allowHostNetwork }: LxcOptions): readonly string[] {
  return configProblems(config, { allowHostNetwork, layout: cgroupLayout(), controllers: cgroupControllers() });
}

async function start(spec: StartSpec, lxcPath: string, options: LxcOptions): Promise<StartResult> {
  const refused = refusal(spec, lxcPath, options);
  if (refused !== undefined) return { kind: 'failed', reason: refused };
  const config = prepare(spec, lxcPath, options.hook);
  if (config === undefined) return { kind: 'failed', reason: `${lxcPath}/${spec.name} belongs to a container that is not ours: remove or rename that one` };
  await removeGroups(spec.name);
  const logSize = sizeOf(spec.logs.engine);
  const finished = await runTool('lxc-start', startArguments(spec, lxcPath, config, options), startTimeoutMs(options), (pid) => {
    recordStarter(spec.stateDir, { pid, startTime: readProcess(pid)?.startTime ?? 0 });
  });
  if (finished.status === 0) return started(spec, lxcPath);
  if (finished.status === timedOut) killMonitor(spec.name);
  await settle(spec);
  await removeGroups(spec.name);
  return { kind: 'failed', reason: `${failureText(finished, firstErrors(spec.logs.engine, logSize))} (see ${spec.logs.engine})` };
}

/** LXC gets init's words as arguments: not every version of it knows quotes in lxc.init.cmd. */
function startArguments({ name, stateDir, logs, config, command = initCommand(configLines(config)) }: StartSpec, lxcPath: string, file: string, { logLevel }: LxcOptions): string[] {
  return [
    '-P', lxcPath, '-n', name, '-f', file, '-d', '-p', monitorPidFile(stateDir), '-o', logs.engine, '-l', levels[logLevel] ?? 'INFO',
    ...(command.length > 0 ? ['--', ...command] : []),
  ];
}

function failureText({ status, output }: Finished, errors: string): string {
  if (status === timedOut) return 'the start took too long and was given up';
  return errors || output.split('\n')[0] || 'lxc-start failed without a word';
}

/** It runs, or it ran and has ended before we could watch it. */
function started(spec: StartSpec, lxcPath: string): StartResult {
  const watch = watchMonitor(lxcPath, spec.name);
  const init = recordedInit(spec.stateDir);
  if (init !== undefined) {
    const ended = { gone: Promise.resolve(), release: () => undefined };
    return { kind: 'running', container: runningContainer({ spec, init, watch: watch ?? ended, halt: haltSignal(spec) }) };
  }
  // LXC says so, with status 0, when somebody else was faster.
  watch?.release();
  return { kind: 'failed', reason: runsAlready(spec) };
}

/** Why it must not even be tried. */
function refusal(spec: StartSpec, lxcPath: string, options: LxcOptions): string | undefined {
  const problem = check(spec.config, options)[0] ?? unusablePath(spec, options.hook) ?? linkedTarget(spec);
  if (problem !== undefined) return problem;
  if (!fitsCommandSocket(lxcPath, spec.name)) return `the name '${spec.name}' is too long for LXC below ${lxcPath}`;
  const running = watchMonitor(lxcPath, spec.name);
  running?.release();
  return running === undefined ? undefined : runsAlready(spec);
}

function runsAlready({ name }: StartSpec): string {
  return `LXC runs a container '${name}' already; stop it with: lxc-stop -k -n ${name}`;
}

function startTimeoutMs({ startTimeout = 60 }: LxcOptions): number {
  return startTimeout * 1000;
}

async function adopt(spec: AdoptSpec, lxcPath: string, options: LxcOptions): Promise<AdoptResult> {
  await startThrough(spec, options);
  const init = recordedInit(spec.stateDir);
  if (init === undefined) return { kind: 'none' };
  const watch = watchMonitor(lxcPath, spec.name);
  if (watch === undefined) {
    await settle(spec);
    await removeGroups(spec.name);
    return { kind: 'ended', end: recordedEnd(spec.stateDir) ?? { kind: 'unknown', reason: 'its monitor ended without a record' } };
  }
  return { kind: 'running', container: runningContainer({ spec, init, watch, halt: recordedHalt(spec.stateDir) ?? 'SIGPWR' }) };
}

/** Who started it may have died in the middle: then lxc-start goes on alone. */
async function startThrough({ name, stateDir }: AdoptSpec, options: LxcOptions): Promise<void> {
  const starter = recordedStarter(stateDir);
  if (starter === undefined) return;
  const isIt = (): boolean => readProcess(starter.pid)?.startTime === starter.startTime;
  if (await processGone(starter.pid, startTimeoutMs(options), isIt)) return;
  killMonitor(name);
}
