/** What can be done with a running box. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Container } from '@pv/contract/containers';
import * as z from 'zod/mini';
import { difference, loopDevices, mounts, type Resources } from '../resources.ts';
import { waitFor } from '../wait-for.ts';
import { background, exec, type BackgroundCommand, type CommandOptions, type CommandResult } from './command.ts';
import { cgroupsBelow, type OwnCgroup } from './hierarchies.ts';
import { program, storage } from './project.ts';
import { processesIn, runsProgram, whereabouts, type BoxProcess } from './processes.ts';

export interface Box {
  /** A directory that box and host share, under this one path. Gone with the box. */
  readonly dir: string;
  /** Runs a program to its end. */
  exec(argv: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Starts a program and leaves it running. */
  background(argv: readonly string[], env?: Readonly<Record<string, string>>): Promise<BackgroundCommand>;
  /** The text of a file in the box; undefined when it is not there. */
  read(path: string): Promise<string | undefined>;
  /** Runs `pvcontrol`, its output not a terminal. */
  pvcontrol(...args: readonly string[]): Promise<CommandResult>;
  /** `/containers`, as `pvcontrol ls` prints it. */
  containers(): Promise<Container[]>;
  /** The text of pantavisor.log of a revision, 0 when not given; undefined when there is none yet. */
  log(revision?: string): string | undefined;
  processes(): BoxProcess[];
  /** The host's number of the process that the box knows by `pid`. */
  hostPid(pid: number): number | undefined;
  /** Pids, as the box numbers them, of one of our programs: `pv-core`. */
  pidsOf(program: string): number[];
  /** Sends a signal to the one process of a program, and returns its pid. Throws when there is none, or more than one. */
  kill(program: string, signal: NodeJS.Signals): number;
  /** What is there now: for a comparison around something that should leave nothing. */
  resources(): Resources;
  /** What is there now and was not when the box was new. */
  leaks(): string[];
  /** Ends everything in the box. Throws when something of it stays. */
  stop(): Promise<void>;
}

export interface BoxParts {
  readonly dir: string;
  readonly initPid: number;
  readonly cgroups: readonly OwnCgroup[];
  /** Ends the box and resolves when its keeper has gone. */
  release(): Promise<void>;
}

export function createBox({ dir, initPid, cgroups, release }: BoxParts): Box {
  const place = { initPid, cgroups: cgroups.map(({ join }) => join) };
  const devices = privateDevices(initPid);
  const processes = (): BoxProcess[] => processesIn(cgroups[0]?.path ?? '');
  const find = (program: string): BoxProcess[] => processes().filter((process) => runsProgram(process, program));
  const resources = (): Resources => ({
    mounts: mounts(readFileSync(`/proc/${initPid}/mountinfo`, 'utf8')).map(({ point }) => point),
    'loop devices': loopDevicesOf(devices),
    cgroups: cgroups.flatMap(({ path }) => cgroupsBelow(path).map((below) => join(path, below))),
    processes: processes().filter(({ pid, argv }) => pid !== 1 && argv[0] !== 'sleep').map(describe),
  });
  const atFirst = resources();
  const log = (revision = '0'): string | undefined => readIfThere(`/proc/${initPid}/root${storage}/logs/${revision}/pantavisor/pantavisor.log`);
  const pvcontrol = (...args: readonly string[]): Promise<CommandResult> => exec(place, [program('pvcontrol'), ...args]);
  return {
    dir,
    exec: (argv, options) => exec(place, argv, options),
    background: (argv, env) => background(place, argv, env),
    read: async (path) => {
      const { code, stdout } = await exec(place, ['cat', '--', path]);
      return code === 0 ? stdout : undefined;
    },
    pvcontrol,
    containers: async () => {
      const { code, stdout, stderr } = await pvcontrol('ls');
      if (code !== 0) throw new Error(`pvcontrol ls: exit status ${code}\n${stderr}${log()?.split('\n').slice(-30).join('\n') ?? ''}`);
      return z.array(Container).parse(JSON.parse(stdout));
    },
    log,
    processes,
    hostPid: (pid) => processes().find((process) => process.pid === pid)?.hostPid,
    pidsOf: (program) => find(program).map(({ pid }) => pid),
    kill: (program, signal) => {
      const found = find(program);
      const [only] = found;
      if (only === undefined || found.length > 1) throw new Error(`${found.length} processes of ${program} in the box:\n${processes().map(describe).join('\n')}`);
      process.kill(only.hostPid, signal);
      return only.pid;
    },
    resources,
    leaks: () => difference(atFirst, resources()),
    stop: async () => {
      const released = release().then(() => true);
      await waitFor(() => Promise.race([released, delay(100, false)]), { what: 'the end of the box', timeoutMs: 30_000, detail: () => whereabouts(cgroups[0]?.path ?? '') });
      const left = (): string[] => [...cgroups.map(({ path }) => path), dir].filter((path) => existsSync(path)).concat(loopDevicesOf(devices));
      await waitFor(() => left().length === 0, { what: 'the end of all that the box had', detail: () => left().join('\n') });
    },
  };
}

function describe({ pid, argv }: BoxProcess): string {
  return `${pid} ${argv.join(' ')}`;
}

/** The file systems that only the box has. */
function privateDevices(initPid: number): ReadonlySet<string> {
  const ours = new Set(mounts(readFileSync('/proc/self/mountinfo', 'utf8')).map(({ device }) => device));
  return new Set(mounts(readFileSync(`/proc/${initPid}/mountinfo`, 'utf8')).map(({ device }) => device).filter((device) => !ours.has(device)));
}

function loopDevicesOf(devices: ReadonlySet<string>): string[] {
  return loopDevices().filter(({ backingDevice }) => devices.has(backingDevice)).map(({ name, backingFile }) => `${name} ${backingFile}`);
}

/** Only for paths that our own programs made: a symbolic link on the way would lead to the host. */
function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
