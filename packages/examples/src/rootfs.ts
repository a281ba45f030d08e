/** A root file system: static busybox, one start script, programs with the libraries they need, and folders of files. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { install, installProgram } from './programs.ts';

export interface RootfsSpec {
  /** The script that becomes init. */
  readonly start: string;
  /** Absolute paths of dynamically linked programs of the build machine. */
  readonly programs: readonly string[];
  /** Folders, each copied onto the root. */
  readonly files: readonly string[];
  /** A statically linked busybox. */
  readonly busybox: string;
}

const directories = ['bin', 'dev', 'etc', 'pantavisor/logs', 'proc', 'root', 'run', 'sys', 'tmp', 'usr/bin', 'var'];

export function makeRootfs(root: string, { start, programs, files, busybox }: RootfsSpec): void {
  for (const directory of directories) mkdirSync(join(root, directory), { recursive: true, mode: 0o755 });
  install(busybox, join(root, 'bin/busybox'), 0o755);
  for (const applet of applets(busybox)) symlinkSync('busybox', join(root, 'bin', applet));
  install(start, join(root, 'start'), 0o755);
  for (const program of programs) installProgram(root, program);
  for (const folder of files) installFolder(root, folder);
  openDirectories(root);
}

/** Executable or not, nothing else is kept: the image must be the same whoever checked the sources out. */
function installFolder(root: string, folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const from = join(entry.parentPath, entry.name);
    install(from, join(root, relative(folder, from)), (statSync(from).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
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
