/** A temporary directory with an owner. Does not unmount: what is mounted in it must go first. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TempRoot {
  readonly path: string;
  remove(): void;
}

/** `name` is the start of the directory's name; the path holds no symbolic link. */
export function tempRoot(name = 'pv-test'): TempRoot {
  const path = mkdtempSync(join(realpathSync(tmpdir()), `${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
