/** The built example containers, kept in `.cache/pvtx.d` of the project by what they are made of, and built again only when that has changed. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { buildExamples } from '@pv/examples/build';

const project = resolve(import.meta.dirname, '../../..');
const ingredients = ['packages/examples/src', 'packages/examples/containers', 'packages/examples/files', 'packages/examples/assembly', 'packages/examples/package.json', '/bin/busybox', '/usr/bin/socat', '/usr/bin/curl', '/usr/bin/dbus-daemon', '/usr/bin/dbus-send', '/usr/bin/perl'];

export interface ExampleExports {
  /** Holds `<name>.pvrexport.tgz` of every example, and nothing else. */
  readonly dir: string;
  /** The path of one of them. */
  path(name: string): string;
}

export async function exampleExports(): Promise<ExampleExports> {
  const dir = join(project, '.cache', 'pvtx.d', fingerprint());
  if (!existsSync(dir)) await build(dir);
  return { dir, path: (name) => join(dir, `${name}.pvrexport.tgz`) };
}

/** Beside it first, so that a reader never sees half of it. What was built from other sources stays for those who read it, until the next but one. */
async function build(dir: string): Promise<void> {
  mkdirSync(dirname(dir), { recursive: true });
  const fresh = mkdtempSync(`${dir}.`);
  try {
    await buildExamples({ out: fresh });
    // Another process may have been faster; its files are the same.
    if (!existsSync(dir)) renameSync(fresh, dir);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  removeOld(dirname(dir));
}

const kept = 2;

function removeOld(folder: string): void {
  const builds = readdirSync(folder).filter((name) => !name.includes('.')).map((name) => join(folder, name)).map((path) => ({ path, made: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }));
  for (const { path } of builds.sort((a, b) => b.made - a.made).slice(kept)) rmSync(path, { recursive: true, force: true });
}

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const path of ingredients.flatMap((ingredient) => files(resolve(project, ingredient)))) hash.update(`${path}\0`).update(readFileSync(path));
  return hash.digest('hex').slice(0, 16);
}

/** Every file of a folder, a file itself, or nothing: what is missing is for the builder to tell. */
function files(path: string): string[] {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort();
}
