// The workspace as the scripts see it. Plain Node: it works before anything is installed.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

export function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

export const manifest = readJson(join(root, 'package.json'));

/** Folders of all members of the workspace, the root first. Knows the two forms of pnpm-workspace.yaml that are used: `name` and `folder/*`. */
export function members() {
  const text = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8');
  const globs = [.../^packages:\n((?: +- .*\n)+)/m.exec(text)[1].matchAll(/- (\S+)/g)].map((match) => match[1]);
  const folders = globs.flatMap((glob) => (glob.endsWith('/*') ? children(join(root, glob.slice(0, -2))) : [join(root, glob)]));
  return [root, ...folders.filter((folder) => existsSync(join(folder, 'package.json')))];
}

function children(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [join(folder, entry.name)] : []));
}

/** A daemon: its name says so. All others are tools, which somebody waits for. */
export function isDaemon(program) {
  return program.startsWith('pv-');
}

/** How the bundle of a program ends. */
export function extension(program) {
  return isDaemon(program) ? '.mjs' : '.cjs';
}

/** The programs: name and folder of every member of apps. */
export function programs() {
  return members().filter((folder) => folder.startsWith(join(root, 'apps'))).map((folder) => ({ folder, name: readJson(join(folder, 'package.json')).name.replace(/^@pv\//, '') }));
}
