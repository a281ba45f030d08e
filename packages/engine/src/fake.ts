/**
 * An engine for tests without LXC: a container is a plain process group, init is `sh` with the configuration as its
 * script, the monitor a small shell that records the end. It isolates nothing: names, files and signals are the host's.
 * Unlike LXC it reads exit codes above 128 as signals, and a child that leaves the process group escapes it.
 */
import { spawn } from 'node:child_process';
import { closeSync, constants, openSync, readdirSync, readFileSync, readSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdoptResult, AdoptSpec, ContainerEnd, Engine, ProcessId, RunningContainer, StartResult, StartSpec } from './engine.ts';
import { watchEnd, type Watch } from './watch.ts';

const records = ['init', 'end', 'alive', 'go', 'monitor.pid'] as const;

/** `type`: what run.json must say to get it. */
export function createFakeEngine(type = 'fake'): Engine {
  return {
    type,
    unusable: async () => undefined,
    check: ({ config: { path, text } }) => text.split('\n').flatMap((line, index) => (line.startsWith('refuse') ? [`${path}:${index + 1}: refuse: is refused`] : [])),
    start,
    adopt,
    sweep: async ({ stateDir }) => {
      await killAll(stateDir);
      clearRecords(stateDir);
    },
    tidy: () => undefined,
  };
}

/**
 * $1: state directory, $2: script. The monitor alone holds the FIFO `alive` open for writing: whoever reads it learns
 * of the monitor's end. Init waits until it is recorded.
 */
const monitor = `
cd "$1" || exit 1
mkfifo alive go && exec 9<>alive 8<>go || exit 1
echo $$ >monitor.pid
setsid sh -c 'read -r _ <&8; exec 8>&-; eval "$1"' init "$2" 9>&- 3>&- &
pid=$!
read -r stat </proc/$pid/stat
set -f
set -- \${stat##*) }
echo "$pid \${20}" >init
rm -f go
echo >&8
echo started >&3
exec 3>&- 8>&- </dev/null >/dev/null 2>&1
wait $pid
status=$?
if [ $status -gt 128 ]; then echo "signal $((status - 128))" >end.tmp; else echo "exit $status" >end.tmp; fi
kill -9 -$pid 2>/dev/null
mv end.tmp end
`;

async function start(spec: StartSpec): Promise<StartResult> {
  const { stateDir, config, environment, logs } = spec;
  const running = watch(stateDir);
  if (running !== undefined) {
    running.release();
    return { kind: 'failed', reason: `a container '${spec.name}' runs already` };
  }
  clearRecords(stateDir);
  const log = openSync(logs.console, 'a');
  const child = spawn('/bin/sh', ['-c', monitor, 'monitor', stateDir, config.text], {
    detached: true, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...environment }, stdio: ['ignore', log, log, 'pipe'],
  });
  closeSync(log);
  child.unref();
  const said = await firstWords(child.stdio[3] as Socket);
  const init = recordedInit(stateDir);
  if (said === '' || init === undefined) return { kind: 'failed', reason: `the monitor did not start '${spec.name}' (see ${logs.console})` };
  return { kind: 'running', container: container(spec, init, watch(stateDir) ?? over) };
}

async function adopt(spec: AdoptSpec): Promise<AdoptResult> {
  const init = recordedInit(spec.stateDir);
  if (init === undefined) return { kind: 'none' };
  const watched = watch(spec.stateDir);
  if (watched !== undefined) return { kind: 'running', container: container(spec, init, watched) };
  await killAll(spec.stateDir);
  return { kind: 'ended', end: recordedEnd(spec.stateDir) };
}

function container({ name, stateDir }: AdoptSpec, init: ProcessId, { gone, release }: Watch): RunningContainer {
  return {
    name,
    init,
    ended: gone.then(async () => {
      await settle(stateDir);
      return recordedEnd(stateDir);
    }),
    halt: () => void (isAlive(init) && process.kill(init.pid, 'SIGPWR')),
    kill: () => killAll(stateDir),
    release,
  };
}

const over: Watch = { gone: Promise.resolve(), release: () => undefined };

/** Undefined: no monitor runs. */
function watch(stateDir: string): Watch | undefined {
  const pid = Number(read(join(stateDir, 'monitor.pid')));
  if (!(pid > 0) || stat(pid) === undefined) return undefined;
  const fd = openSync(join(stateDir, 'alive'), constants.O_RDONLY | constants.O_NONBLOCK);
  return hasWriter(fd) ? watchEnd(fd) : void closeSync(fd);
}

/** The monitor may have gone just before the FIFO was opened; the end of what never was is not an event. It writes nothing, so nothing is lost here. */
function hasWriter(fd: number): boolean {
  try {
    return readSync(fd, Buffer.alloc(1)) !== 0;
  } catch {
    return true;
  }
}

/** Kills init and its process group, if init is the one we know or is gone. Waits, with a bound, until nobody of it is left. */
async function killAll(stateDir: string): Promise<void> {
  const init = recordedInit(stateDir);
  if (init === undefined || (stat(init.pid) !== undefined && !isAlive(init))) return;
  // Init itself too: it may not have come to leading its group yet.
  kill(init.pid);
  kill(-init.pid);
  await until(() => !hasMembers(init.pid));
}

/** After the monitor's last word it takes a moment to go; then nothing of the container may be left. */
async function settle(stateDir: string): Promise<void> {
  const monitorPid = Number(read(join(stateDir, 'monitor.pid')));
  await until(() => stat(monitorPid) === undefined);
  await killAll(stateDir);
}

function kill(target: number): void {
  try {
    process.kill(target, 'SIGKILL');
  } catch {
    // Nobody is there.
  }
}

/** Zombies do not count: whoever waits for them may be slow. */
function hasMembers(group: number): boolean {
  return readdirSync('/proc').some((entry) => {
    const [state, , id] = /^\d+$/.test(entry) ? fields(Number(entry)) : [];
    return Number(id) === group && state !== 'Z' && state !== 'X';
  });
}

async function until(check: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 100 && !check(); attempt++) await sleep(10);
}

function clearRecords(stateDir: string): void {
  for (const file of records) rmSync(join(stateDir, file), { force: true });
}

function recordedInit(stateDir: string): ProcessId | undefined {
  const [pid = 0, startTime = 0] = (read(join(stateDir, 'init')) ?? '').split(' ').map(Number);
  return pid > 0 ? { pid, startTime } : undefined;
}

function recordedEnd(stateDir: string): ContainerEnd {
  const [kind, number] = (read(join(stateDir, 'end')) ?? '').split(' ');
  if (kind === 'exit') return { kind, code: Number(number) };
  return kind === 'signal' ? { kind, signal: Number(number) } : { kind: 'unknown', reason: 'its monitor ended without a record' };
}

function isAlive({ pid, startTime }: ProcessId): boolean {
  return stat(pid) === startTime;
}

/** Start time; undefined: gone, or a zombie. */
function stat(pid: number): number | undefined {
  const [state, ...rest] = fields(pid);
  return state === undefined || state === 'Z' ? undefined : Number(rest[18]);
}

/** Of /proc/<pid>/stat, from the state on; none when there is no such process. */
function fields(pid: number): readonly string[] {
  const text = read(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ') ?? [];
}

function firstWords(stream: Socket): Promise<string> {
  return new Promise((resolve) => {
    stream.once('data', (data: Buffer) => {
      stream.destroy();
      resolve(data.toString());
    });
    stream.once('error', () => resolve(''));
    stream.once('close', () => resolve(''));
  });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
