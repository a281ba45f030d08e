/** A temporary directory for one test, removed after it, with what is still mounted in it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { unmount, unmountFlags } from '../src/mount.ts';

export function tempDir(): string {
  const path = mkdtempSync(join(tmpdir(), 'pv-native-'));
  onTestFinished(() => {
    for (const target of mountsBelow(path).reverse()) unmount(target, unmountFlags.DETACH | unmountFlags.NOFOLLOW);
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

export function mountsBelow(path: string): string[] {
  return readFileSync('/proc/self/mounts', 'utf8').split('\n').map((line) => line.split(' ')[1] ?? '').filter((target) => target.startsWith(`${path}/`));
}

/** The `code` of what `work` throws. */
export function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return 'nothing thrown';
}
