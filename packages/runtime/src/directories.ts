/** Makes directories. Node's own recursive mkdir never returns where a parent is there and yet "no such file" is the answer, as below /proc. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** The directory and those above it, as far as they are missing; mode 0755. Throws the system's error. */
export function makeDirectories(path: string): void {
  if (isDirectory(path)) return;
  if (dirname(path) !== path) makeDirectories(dirname(path));
  try {
    mkdirSync(path, { mode: 0o755 });
  } catch (error) {
    // Another program may have been faster.
    if (!isDirectory(path)) throw error;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
