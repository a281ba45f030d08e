/** What the hook and we write down about one container; see hooks/pv-lxc-hook for the format. Nothing is guessed. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerEnd, ProcessId } from '@pv/engine/engine';

const paths = (stateDir: string) => ({
  init: join(stateDir, 'init'),
  end: join(stateDir, 'end'),
  halt: join(stateDir, 'halt'),
  monitor: join(stateDir, 'monitor.pid'),
  killed: join(stateDir, 'killed'),
  starting: join(stateDir, 'starting'),
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

/** The program that starts it, for whoever comes when we are gone: we may be killed right here, so it is there whole or not at all. */
export function recordStarter(stateDir: string, { pid, startTime }: ProcessId): void {
  const path = paths(stateDir).starting;
  writeFileSync(`${path}.tmp`, `${pid} ${startTime}`);
  renameSync(`${path}.tmp`, path);
}

/** Of the last start, whether it is through or not. */
export function recordedStarter(stateDir: string): ProcessId | undefined {
  return processId(read(paths(stateDir).starting));
}

/** Before we send SIGKILL: the end that follows is ours, even if memory ran out earlier in one of its processes. */
export function recordKill(stateDir: string): void {
  writeFileSync(paths(stateDir).killed, '');
}

export function monitorPidFile(stateDir: string): string {
  return paths(stateDir).monitor;
}

export function recordedMonitor(stateDir: string): number | undefined {
  const pid = Number(read(paths(stateDir).monitor));
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}

/** Undefined: init never got as far as being recorded. Start time 0: it was gone before the hook could look. */
export function recordedInit(stateDir: string): ProcessId | undefined {
  return processId(read(paths(stateDir).init));
}

/** Undefined: no end was recorded; the hook writes the newline last. */
export function recordedEnd(stateDir: string): ContainerEnd | undefined {
  const record = raw(paths(stateDir).end);
  if (record === undefined) return undefined;
  const text = record.trim();
  if (text === 'unlogged') return { kind: 'unknown', reason: "the monitor's log could not be written or was replaced" };
  if (text === 'unstarted') return { kind: 'unknown', reason: 'its init could not be executed' };
  const [kind, number = '', oomKills = '0'] = text.split(' ');
  const value = Number(number);
  if (!record.endsWith('\n') || !/^\d{1,3}$/.test(number) || (kind !== 'exit' && kind !== 'signal')) return { kind: 'unknown', reason: `the record of its end is not readable: '${text.slice(0, 80)}'` };
  if (kind === 'exit') return { kind: 'exit', code: value };
  // Only a SIGKILL can be the kernel's answer to want of memory.
  return value === 9 && Number(oomKills) > 0 && read(paths(stateDir).killed) === undefined ? { kind: 'oom', signal: value } : { kind: 'signal', signal: value };
}

function processId(text = ''): ProcessId | undefined {
  const [pid = Number.NaN, startTime = 0] = text.split(' ').map(Number);
  return Number.isSafeInteger(pid) && pid > 0 ? { pid, startTime: Number.isSafeInteger(startTime) ? startTime : 0 } : undefined;
}

function read(path: string): string | undefined {
  return raw(path)?.trim();
}

function raw(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
