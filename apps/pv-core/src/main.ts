/**
 * pv-core: the state engine. Exit codes: 0 orderly end (a signal, or a reboot that a container's end asked for),
 * 1 refused to begin, 2 wrong usage. Containers and daemons survive any other end, and the next pv-core adopts them.
 */
import { accessSync, constants, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RevisionName } from '@pv/contract/names';
import { createLxcEngine } from '@pv/engine-lxc/lxc-engine';
import { createWasmEdgeEngine } from '@pv/engine-wasmedge/wasmedge-engine';
import { systemClock } from '@pv/runtime/clock';
import { print, usageProblem } from '@pv/runtime/command-line';
import { parseConfig } from '@pv/runtime/config';
import { makeDirectories } from '@pv/runtime/directories';
import { createLogger, printable } from '@pv/runtime/log';
import { places as placesOf } from '@pv/runtime/places';
import { beginCore } from './core.ts';
import { openLogFile } from './logs/log-file.ts';
import { sweep } from './sweep.ts';

declare const PV_VERSION: string;

const usage = `Usage: pv-core [--revision NAME] [--config FILE]

Runs a revision: starts its containers group by group, keeps them, and serves the control API's core.
Usually pv-appengine starts it.

  --revision NAME  revision to run, such as 0 or locals/test (default 0)
  --config FILE    configuration file (default /etc/pantavisor.config, if it is there)
  --sweep          remove what is left of a run (containers, mounts, daemons), then end
  -h, --help       show this
  --version        show the version

Environment: PV_SYSTEM_RUNDIR, PV_STORAGE_MNTPOINT, PV_LOG_LEVEL and the other PV_ keys; see docs/reference/config.md.
`;

interface Options {
  readonly revision: RevisionName;
  readonly sweep: boolean;
  readonly config: { readonly path: string; readonly required: boolean };
}

const nextSteps: Readonly<Record<string, string>> = { EROFS: 'mount it read-write', ENOSPC: 'free some space', EACCES: 'run it as root' };

const options = readOptions();
if (options !== undefined) await (options.sweep ? runSweep(options) : main(options)).catch(fail);

function settings(file: Options['config']) {
  const { config, warnings } = parseConfig(readConfigFile(file), process.env);
  const lxc = createLxcEngine({
    hook: join(import.meta.dirname, 'hooks', 'pv-lxc-hook'), logLevel: config.PV_LXC_LOG_LEVEL, allowHostNetwork: config.PV_LXC_ALLOW_HOST_NETWORK,
  });
  const wasmEdge = createWasmEdgeEngine({ lxc, tree: config.PV_WASMEDGE_ROOT });
  const places = placesOf({ run: realDirectory(config.PV_SYSTEM_RUNDIR), storage: realDirectory(config.PV_STORAGE_MNTPOINT) });
  return { config, warnings, places, engines: new Map([lxc, wasmEdge].map((engine) => [engine.type, engine])) };
}

/** Without symlinks, as the kernel names mount points. */
function realDirectory(path: string): string {
  makeDirectories(path);
  // Said here, before anything is begun.
  accessSync(path, constants.W_OK);
  return realpathSync(path);
}

async function runSweep({ config: file }: Options): Promise<void> {
  const { places, engines } = settings(file);
  const problems = await sweep(places, [...engines.values()]);
  for (const problem of problems) process.stderr.write(`pv-core: cannot remove ${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

async function main({ revision, config: file }: Options): Promise<void> {
  const { config, warnings, places, engines } = settings(file);
  const sink = openLogFile(join(places.revisionLogs(revision), 'pantavisor', 'pantavisor.log'));
  const log = createLogger('core', { clock: systemClock, level: config.PV_LOG_LEVEL, sink });
  for (const warning of warnings) log.for('config').warn(warning);
  const end = once((why) => {
    log.info(`${why}; stopping`);
    void begun.then(async (result) => {
      if (result.kind === 'running') await result.core.shutDown();
      process.exit(0);
    });
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => end(`received ${signal}`));
  process.on('SIGHUP', () => undefined);
  process.on('SIGPIPE', () => undefined);
  const begun = beginCore({
    revision, config, places, engines, clock: systemClock, log, programs: import.meta.dirname,
    node: [process.execPath, ...process.execArgv], onReboot: (reason) => {
      log.for('state').error(`a platform did not work as expected. Tearing down... (${reason})`);
      end('reboot asked for');
    },
  });
  const result = await begun;
  if (result.kind === 'refused') refuse(result.problems, (line) => log.for('parser').error(line));
}

/** The first reason to end counts. */
function once(call: (why: string) => void): (why: string) => void {
  const state = { called: false };
  return (why) => {
    if (state.called) return;
    state.called = true;
    call(why);
  };
}

function refuse(problems: readonly string[], log: (line: string) => void): never {
  for (const problem of problems) log(problem);
  process.stderr.write(`pv-core: cannot run the revision:\n${problems.map((problem) => `  ${printable(problem)}\n`).join('')}`);
  process.exit(1);
}

/** What the system refuses is said in its words; anything else is a fault of ours, and the trace helps to find it. */
function fail(error: unknown): never {
  const { message, stack, syscall, code = '' } = error as NodeJS.ErrnoException;
  const text = syscall === undefined ? stack : `${message}; ${nextSteps[code] ?? 'name other directories with PV_SYSTEM_RUNDIR and PV_STORAGE_MNTPOINT'}`;
  process.stderr.write(`pv-core: ${text ?? message}\n`);
  process.exit(1);
}

function readConfigFile({ path, required }: Options['config']): { path: string; text: string } | undefined {
  try {
    return { path, text: readFileSync(path, 'utf8') };
  } catch (error) {
    if (!required) return undefined;
    process.stderr.write(`pv-core: --config ${printable(path)}: ${printable((error as Error).message)}\n`);
    return process.exit(2);
  }
}

function readOptions(): Options | undefined {
  try {
    const { values } = parseArgs({
      options: { revision: { type: 'string', default: '0' }, config: { type: 'string' }, sweep: { type: 'boolean' }, help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } },
    });
    if (values.help === true || values.version === true) {
      print('pv-core', values.help === true ? usage : `pv-core ${PV_VERSION}\n`);
      return undefined;
    }
    const revision = RevisionName.safeParse(values.revision);
    if (!revision.success) throw new Error(`--revision '${values.revision}' is not a revision name, such as 0 or locals/test`);
    return { revision: revision.data, sweep: values.sweep === true, config: { path: values.config ?? '/etc/pantavisor.config', required: values.config !== undefined } };
  } catch (error) {
    process.stderr.write(`pv-core: ${usageProblem(error)}\nTry: pv-core --help\n`);
    process.exitCode = 2;
    return undefined;
  }
}
