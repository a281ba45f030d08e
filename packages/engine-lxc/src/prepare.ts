/**
 * What must lie on disk before a start: the writable layer's directories, empty records, the merged configuration where
 * LXC's tools look for it. A directory of that name which we did not make stays untouched.
 */
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StartSpec } from '@pv/engine/engine';
import { cgroupLayout } from './cgroup.ts';
import { sizeOf } from './lxc-tools.ts';
import { configMark, haltSignal, mergedConfig } from './merged-config.ts';
import { clearRecords, recordHalt } from './records.ts';

/** LXC appends for ever; a container that restarts for ever must not fill the disk. At most about twice this. */
const engineLogBytes = 1024 * 1024;

/** The merged configuration's path; undefined: the name belongs to a container of somebody else. */
export function prepare(spec: StartSpec, lxcPath: string, hook: string): string | undefined {
  const directory = join(lxcPath, spec.name);
  const config = join(directory, 'config');
  if (!isOurs(config)) return undefined;
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  chmodSync(directory, 0o755);
  for (const part of ['upper', 'work']) mkdirSync(join(spec.rootfs.writable, part), { recursive: true, mode: 0o755 });
  clearRecords(spec.stateDir);
  recordHalt(spec.stateDir, haltSignal(spec));
  if (sizeOf(spec.logs.engine) > engineLogBytes) renameSync(spec.logs.engine, `${spec.logs.engine}.1`);
  writeFileSync(config, mergedConfig(spec, { hook, layout: cgroupLayout(), logLength: sizeOf(spec.logs.engine) }), { mode: 0o644 });
  return config;
}

/** Never more than we made: another container's root file system may lie beside. */
export function removeDirectory(lxcPath: string, name: string): void {
  const directory = join(lxcPath, name);
  if (!isOurs(join(directory, 'config'))) return;
  rmSync(join(directory, 'config'), { force: true });
  try {
    rmdirSync(directory);
  } catch {
    // Not there, or somebody else keeps files in it.
  }
}

function isOurs(config: string): boolean {
  try {
    return readFileSync(config, 'utf8').startsWith(configMark);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
