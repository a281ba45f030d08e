/**
 * Debian's part of the image. Maintainer scripts are not run: they need perl, dpkg and a root to change into, and write times
 * and random numbers. What this image needs of them is done here and in our-layer.ts: links that alternatives would
 * be, a shell's usual commands, /var/run, accounts. The loader finds libraries without its cache.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Entry, symlink } from './entry.ts';
import { treeEntries } from './tree-entries.ts';

/** `tree`: of this machine's architecture. */
export function baseLayer(tree: string): Entry[] {
  const links = [symlink('var/run', '/run'), symlink('var/lock', '/run/lock'), ...commands(tree)];
  const taken = new Set(links.map(({ path }) => path));
  return [...treeEntries(tree).filter(({ path }) => !taken.has(path)), ...links];
}

/** busybox's commands, where no package has a better one. */
function commands(tree: string): Entry[] {
  const applets = execFileSync(join(tree, 'usr/bin/busybox'), ['--list'], { encoding: 'utf8' }).trim().split('\n');
  return applets.filter((name) => !['usr/bin', 'usr/sbin'].some((folder) => existsSync(join(tree, folder, name)))).map((name) => symlink(`usr/bin/${name}`, 'busybox'));
}
