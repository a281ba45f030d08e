/**
 * Removes what is left of a run when no pv-core runs: containers, their mounts and records, daemons, the run
 * directory's contents. Idempotent; it knows only names that an earlier pv-core of this run directory wrote.
 */
import { closeSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ContainerName, type RevisionName } from '@pv/contract/names';
import type { Engine, ProcessId } from '@pv/engine/engine';
import { readProcess } from '@pv/pv-native/process';
import type { Places } from '@pv/runtime/places';
import { writerOf } from './daemons/writer.ts';
import { lockedRun, lockRun } from './run-lock.ts';
import { createVolumes, removeEmpty } from './storage/volumes.ts';

/** What could not be removed, one line each. Nothing is, while a pv-core runs. */
export async function sweep(places: Places, engines: readonly Engine[]): Promise<readonly string[]> {
  const lock = lockRun(places.run);
  if (lock === undefined) return [`what is in ${places.run}: ${lockedRun(places.run)}`];
  try {
    return await removeAll(places, engines);
  } finally {
    closeSync(lock);
  }
}

async function removeAll(places: Places, engines: readonly Engine[]): Promise<readonly string[]> {
  const problems: string[] = [];
  endDaemons(places);
  for (const entry of names(join(places.run, 'containers'))) {
    const name = ContainerName.safeParse(entry);
    if (!name.success) continue;
    try {
      await removeContainer(name.data, places, engines);
    } catch (error) {
      problems.push(`container ${entry}: ${(error as Error).message}`);
    }
  }
  for (const engine of engines) engine.tidy();
  removeEmpty(places.volumes);
  const ours = ['containers', 'core', 'daemons', 'dbus', 'logs', 'pv-ctrl', 'xconnect'];
  for (const entry of problems.length === 0 ? ours : []) rmSync(join(places.run, entry), { recursive: true, force: true });
  return problems;
}

async function removeContainer(name: ContainerName, places: Places, engines: readonly Engine[]): Promise<void> {
  const spec = { name, stateDir: places.container(name).engine };
  for (const engine of engines) {
    const found = await engine.adopt(spec);
    if (found.kind === 'running') {
      await found.container.kill();
      await found.container.ended;
    }
    await engine.sweep(spec);
  }
  createVolumes(places, '0' as RevisionName).unmountAll(name);
}

/** Those that were written down, and those whose pv-core did not come to that. */
function endDaemons({ daemons }: Places): void {
  const recorded = names(daemons).filter((name) => name.endsWith('.json')).map((file) => recordIn(join(daemons, file)));
  const writing = names(daemons).filter((name) => name.endsWith('.out')).map((fifo) => writerOf(join(daemons, fifo)));
  for (const process of [...recorded, ...writing]) if (process !== undefined) kill(process);
}

function recordIn(path: string): ProcessId | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessId;
  } catch {
    return undefined;
  }
}

function kill({ pid, startTime }: ProcessId): void {
  try {
    if (readProcess(pid)?.startTime === startTime) process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
