/** What the hook and we write down about one container; see hooks/pv-lxc-hook for the format. Nothing is guessed. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerEnd, ProcessId } from '@pv/engine/engine';
import { readProcess } from '@pv/pv-native/process';

const paths = (stateDir: string) => ({
  init: join(stateDir, 'init'),
  end: join(stateDir, 'end'),
  halt: join(stateDir, 'halt'),
  monitor: join(stateDir, 'monitor.pid'),
});

export function clearRecords(stateDir: string): void {
  for (const path of Object.values(paths(stateDir))) rmSync(path, { force: true });
}

export function recordHalt(stateDir: string, signal: string): void {
  writeFileSync(paths(stateDir).halt, signal);
}

export function recordedHalt(stateDir: string): string | undefined {
  return read(paths(stateDir).halt);
}

export function monitorPidFile(stateDir: string): string {
  return paths(stateDir).monitor;
}

/** Undefined: init never got as far as being recorded. A process that is gone has start time 0. */
export function recordedInit(stateDir: string): ProcessId | undefined {
  const pid = Number(read(paths(stateDir).init));
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return { pid, startTime: readProcess(pid)?.startTime ?? 0 };
}

/** Undefined: no end was recorded. */
export function recordedEnd(stateDir: string): ContainerEnd | undefined {
  const text = read(paths(stateDir).end);
  if (text === undefined) return undefined;
  const [kind, number = '', oomKills = '0'] = text.split(' ');
  const value = Number(number);
  if (!/^\d+$/.test(number)) return { kind: 'unknown', reason: `the record of its end is not readable: '${text.slice(0, 80)}'` };
  if (kind === 'exit') return { kind: 'exit', code: value };
  // Only a SIGKILL can be the kernel's answer to want of memory.
  return value === 9 && Number(oomKills) > 0 ? { kind: 'oom', signal: value } : { kind: 'signal', signal: value };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
