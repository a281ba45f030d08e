/** One pv-appengine per run directory; the record of one that is gone does not count. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readProcess } from '@pv/pv-native/process';

export type Claim = { readonly kind: 'ours'; release(): void } | { readonly kind: 'taken'; readonly pid: number };

export function claimRunDirectory(run: string, pid: number): Claim {
  const path = join(run, 'appengine.json');
  mkdirSync(run, { recursive: true, mode: 0o755 });
  const record = JSON.stringify({ pid, startTime: readProcess(pid)?.startTime });
  for (;;) {
    try {
      writeFileSync(path, record, { flag: 'wx', mode: 0o644 });
      return { kind: 'ours', release: () => rmSync(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = ownerOf(path);
    if (owner !== undefined) return { kind: 'taken', pid: owner };
    rmSync(path, { force: true });
  }
}

/** Undefined: nobody, or one that has ended. */
function ownerOf(path: string): number | undefined {
  try {
    const { pid, startTime } = JSON.parse(readFileSync(path, 'utf8')) as { pid: number; startTime: number };
    return readProcess(pid)?.startTime === startTime ? pid : undefined;
  } catch {
    return undefined;
  }
}
