/** A root file system: static busybox, one start script, programs with the libraries they need, and folders of files. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { filesOf, install, modeOf } from './files.ts';
import { installInPlace, installProgram } from './programs.ts';

export interface RootfsSpec {
  /** The script that becomes init. */
  readonly start: string;
  /** Absolute paths of dynamically linked programs of the build machine. */
  readonly programs: readonly string[];
  /** Absolute paths of files and folders of the build machine: they keep their paths. */
  readonly inPlace: readonly string[];
  /** Folders, each copied onto the root. */
  readonly files: readonly string[];
  /** A statically linked busybox. */
  readonly busybox: string;
}

const directories = ['bin', 'dev', 'etc', 'pantavisor/logs', 'proc', 'root', 'run', 'sys', 'tmp', 'usr/bin', 'var'];

export function makeRootfs(root: string, { start, programs, inPlace, files, busybox }: RootfsSpec): void {
  for (const directory of directories) mkdirSync(join(root, directory), { recursive: true, mode: 0o755 });
  install(busybox, join(root, 'bin/busybox'), 0o755);
  for (const applet of applets(busybox)) symlinkSync('busybox', join(root, 'bin', applet));
  install(start, join(root, 'start'), 0o755);
  for (const program of programs) installProgram(root, program);
  for (const path of inPlace) installInPlace(root, path);
  for (const folder of files) installFolder(root, folder);
  openDirectories(root);
}

function installFolder(root: string, folder: string): void {
  for (const from of filesOf(folder)) install(from, join(root, relative(folder, from)), modeOf(from));
}

/** Whatever the umask of the builder: the image must be the same. */
function openDirectories(root: string): void {
  chmodSync(root, 0o755);
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), 0o755);
  }
}

function applets(busybox: string): string[] {
  return execFileSync(busybox, ['--list'], { encoding: 'utf8' }).split('\n').filter((name) => /^[a-z0-9[_.-]+$/i.test(name) && name !== 'busybox');
}
