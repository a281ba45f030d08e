/** A root file system: static busybox, one start script, and programs with the libraries they need. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface RootfsSpec {
  /** The script that becomes init. */
  readonly start: string;
  /** Absolute paths of dynamically linked programs of the build machine. */
  readonly programs: readonly string[];
  /** A statically linked busybox. */
  readonly busybox: string;
}

const directories = ['bin', 'dev', 'etc', 'pantavisor/logs', 'proc', 'root', 'run', 'sys', 'tmp', 'usr/bin', 'var'];

export function makeRootfs(root: string, { start, programs, busybox }: RootfsSpec): void {
  for (const directory of directories) mkdirSync(join(root, directory), { recursive: true, mode: 0o755 });
  install(busybox, join(root, 'bin/busybox'), 0o755);
  for (const applet of applets(busybox)) symlinkSync('busybox', join(root, 'bin', applet));
  install(start, join(root, 'start'), 0o755);
  for (const program of programs) installProgram(root, program);
  openDirectories(root);
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

function installProgram(root: string, program: string): void {
  install(realpathSync(program), join(root, 'usr/bin', program.split('/').at(-1) ?? ''), 0o755);
  for (const library of libraries(program)) install(realpathSync(library), join(root, library), 0o755);
}

/** Paths as the loader asks for them. */
function libraries(program: string): string[] {
  const listed = execFileSync('ldd', [program], { encoding: 'utf8' });
  return [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
}

function install(from: string, to: string, mode: number): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  copyFileSync(from, to);
  chmodSync(to, mode);
}
