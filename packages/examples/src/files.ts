/** Files on their way into a root file system. */
import { chmodSync, copyFileSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

export function install(from: string, to: string, mode: number): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  copyFileSync(from, to);
  chmodSync(to, mode);
}

/** The files below a folder, or the one file that `path` is. Links below it are left out. */
export function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));
}

/** Executable or not, nothing else is kept: the image must be the same whoever checked the sources out. */
export function modeOf(path: string): number {
  return (statSync(path).mode & 0o100) === 0 ? 0o644 : 0o755;
}
