// The files of the project: those that git tracks, or, without git, all but what is built and installed.
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/workspace.mjs';

/** Paths relative to the project's root. */
export function trackedFiles() {
  return (fromGit() ?? fromTree('')).filter((path) => existsSync(join(root, path)) && lstatSync(join(root, path)).isFile());
}

export function readTracked(path) {
  return readFileSync(join(root, path), 'utf8');
}

function fromGit() {
  if (!existsSync(join(root, '.git'))) return undefined;
  try {
    return execFileSync('git', ['-c', 'safe.directory=*', 'ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter((path) => path !== '');
  } catch {
    return undefined;
  }
}

const notOurs = ['.git', 'node_modules', 'dist', '.turbo', '.cache'];

function fromTree(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (notOurs.includes(entry.name)) return [];
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? fromTree(path) : [path];
  });
}
