/**
 * One pv-appengine per run directory. The kernel's lock on a file says whether there is one, and is given back however
 * its holder ends; the file's text only tells others who it is, and which pv-core it left behind.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { readProcess } from '@pv/pv-native/process';
import { needDirectory } from './need-directory.ts';

export interface ProcessId {
  readonly pid: number;
  readonly startTime: number;
}

export interface Claim {
  readonly kind: 'ours';
  /** A pv-core of an earlier pv-appengine that runs still. */
  readonly orphan: ProcessId | undefined;
  /** Remembers the pv-core that runs now. */
  record(core: ProcessId): void;
  release(): void;
}

export type ClaimResult = Claim | { readonly kind: 'taken'; readonly by: string };

interface Record {
  readonly pid?: number;
  readonly core?: ProcessId;
}

/** Throws when the run directory cannot be used. */
export function claimRunDirectory(run: string, pid: number): ClaimResult {
  const path = join(run, 'appengine.json');
  needDirectory(run, 'PV_SYSTEM_RUNDIR');
  for (;;) {
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o644);
    const former = parse(readFileSync(path, 'utf8'));
    if (!lock(fd)) {
      closeSync(fd);
      return { kind: 'taken', by: former.pid === undefined ? 'another pv-appengine' : `another pv-appengine (pid ${former.pid})` };
    }
    if (isStill(fd, path)) return claimed(fd, path, pid, former);
    // Its holder has removed it in the meantime.
    closeSync(fd);
  }
}

function claimed(fd: number, path: string, pid: number, { core }: Record): Claim {
  const orphan = core !== undefined && readProcess(core.pid)?.startTime === core.startTime ? core : undefined;
  const write = (record: Record): void => {
    ftruncateSync(fd);
    writeSync(fd, JSON.stringify(record), 0);
  };
  write({ pid, ...(orphan === undefined ? {} : { core: orphan }) });
  return {
    kind: 'ours',
    orphan,
    record: (process) => write({ pid, core: process }),
    release: () => {
      rmSync(path, { force: true });
      closeSync(fd);
    },
  };
}

/** By flock(1): the lock belongs to the open file, which the program shares, so it stays when the program has ended. */
function lock(fd: number): boolean {
  const { status, error, stderr } = spawnSync('flock', ['-n', '3'], { stdio: ['ignore', 'ignore', 'pipe', fd], encoding: 'utf8' });
  if (status === 0 || (status === 1 && stderr === '')) return status === 0;
  throw new Error(`flock: ${error?.message ?? stderr.trim()}; is the package util-linux installed?`);
}

function isStill(fd: number, path: string): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  return there !== undefined && there.ino === fstatSync(fd).ino;
}

/** Never an error: the text is for people, and for finding what a killed pv-appengine left. */
function parse(text: string): Record {
  try {
    const { pid, core } = JSON.parse(text) as { pid?: unknown; core?: Partial<ProcessId> };
    const process = typeof core?.pid === 'number' && typeof core.startTime === 'number' ? { core: { pid: core.pid, startTime: core.startTime } } : {};
    return { ...(typeof pid === 'number' ? { pid } : {}), ...process };
  } catch {
    return {};
  }
}
