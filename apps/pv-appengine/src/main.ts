/** pv-appengine: the whole runtime on any Linux machine. See options.ts for its usage. */
import { readFileSync } from 'node:fs';
import { unshareCgroupNamespace } from '@pv/pv-native/namespaces';
import { adoptOrphans, reapOrphans } from '@pv/pv-native/orphans';
import { readProcess } from '@pv/pv-native/process';
import { print } from '@pv/runtime/command-line';
import { type Config, parseConfig } from '@pv/runtime/config';
import { isInstalled } from '@pv/storage/installed';
import { bootRevision } from './boot-revision.ts';
import { leaveRootGroup } from './cgroup-leaf.ts';
import { needsCgroupNamespace } from './cgroup-namespace.ts';
import { findCore } from './find-core.ts';
import { type Claim, claimRunDirectory } from './instance.ts';
import { runLoop } from './loop.ts';
import { needDirectory } from './need-directory.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { createSay } from './say.ts';
import { definedGroups, stopPatienceMs } from './stop-patience.ts';
import { endOrphan } from './take-over.ts';

declare const PV_VERSION: string;

/** pv-core's own default, so that both agree on the directories. */
const configPath = '/etc/pantavisor.config';

const say = createSay(Date.now, (line) => process.stderr.write(line));
const parsed = parseOptions(process.argv.slice(2), process.env);

switch (parsed.kind) {
  case 'help': print('pv-appengine', usage); break;
  case 'version': print('pv-appengine', `pv-appengine ${PV_VERSION}\n`); break;
  case 'wrong':
    process.stderr.write(`pv-appengine: ${parsed.message}\nTry: pv-appengine --help\n`);
    process.exitCode = 2;
    break;
  case 'run': process.exitCode = await main(parsed.options);
}

async function main(options: Options): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  // A terminal that is closed, a pipe whose reader is gone: no reason to leave the containers alone.
  process.stderr.on('error', () => undefined);
  if (process.getuid?.() !== 0) return refuse('needs root: it mounts images and starts containers; run it with sudo');
  const { config } = parseConfig(configFile(), process.env);
  const run = config.PV_SYSTEM_RUNDIR;
  try {
    const claim = claimRunDirectory(run, process.pid);
    if (claim.kind === 'taken') return refuse(`${claim.by} runs with ${run}: stop it, or set PV_SYSTEM_RUNDIR`);
    try {
      await install(options, config.PV_STORAGE_MNTPOINT);
      return options.setupOnly ? 0 : await loop(options, config, claim, stop.signal);
    } finally {
      claim.release();
    }
  } catch (error) {
    return refuse((error as Error).message);
  }
}

/** Loaded when needed only: it is much code for once in the life of a storage. */
async function install({ exportsDir, exportsRequired }: Options, storage: string): Promise<void> {
  needDirectory(storage, 'PV_STORAGE_MNTPOINT');
  if (isInstalled(storage)) return say.info(`${storage} is set up already`);
  const { installFirstBoot } = await import('@pv/storage/first-boot');
  const result = await installFirstBoot({ storage, exportsDir, exportsRequired });
  const names = result.kind === 'installed' ? result.exports : [];
  say.info(`first boot: installed ${names.length === 0 ? 'nothing' : names.join(', ')} as revision 0`);
}

async function loop({ restartDelay }: Options, config: Config, { orphan, record }: Claim, stop: AbortSignal): Promise<number> {
  const core = findCore(process.env['PV_CORE'], import.meta.filename);
  if (core.kind === 'missing') return refuse(core.message);
  if (orphan !== undefined) {
    say.warn(`an earlier pv-appengine left its pv-core (pid ${orphan.pid}): taking over; the containers go on`);
    await endOrphan(orphan);
  }
  settleInContainer();
  return runLoop({
    command: [process.execPath, ...process.execArgv, core.path], env: process.env, say, stop, restartDelay, started: keepOrphans(),
    patienceMs: () => stopPatienceMs(config.PV_STOP_GRACE, definedGroups(config.PV_STORAGE_MNTPOINT)),
    revision: () => bootRevision(config.PV_STORAGE_MNTPOINT),
    onStart: (pid) => record({ pid, startTime: readProcess(pid)?.startTime ?? 0 }),
    now: () => performance.now(),
  });
}

/** Control groups as LXC can use them, where a container engine made them otherwise. */
function settleInContainer(): void {
  if (needsCgroupNamespace(readFileSync('/proc/self/mountinfo', 'utf8'), readFileSync('/proc/self/cgroup', 'utf8'))) unshareCgroupNamespace();
  try {
    leaveRootGroup();
  } catch (error) {
    say.warn(`containers with limits may not start: ${(error as Error).message}`);
  }
}

/** As process 1 of a container we get them anyway; where process 1 is a `sleep`, nobody would wait for them. The pids of what we start go into the set. */
function keepOrphans(): Set<number> {
  const started = new Set<number>();
  process.on('SIGCHLD', () => reapOrphans(started));
  adoptOrphans();
  return started;
}

function configFile(): { path: string; text: string } | undefined {
  try {
    return { path: configPath, text: readFileSync(configPath, 'utf8') };
  } catch {
    return undefined;
  }
}

function refuse(message: string): number {
  say.error(message);
  return 1;
}
