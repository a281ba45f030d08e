/** The built example containers, kept in `.cache/pvtx.d` of the project and built again only when what they are made of has changed. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
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
  const dir = join(project, '.cache', 'pvtx.d');
  const stamp = `${dir}.made-of`;
  const wanted = fingerprint();
  if (!existsSync(dir) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    await build(dir);
    writeFileSync(stamp, wanted);
  }
  return { dir, path: (name) => join(dir, `${name}.pvrexport.tgz`) };
}

/** Beside it first, so that a reader never sees half of it. */
async function build(dir: string): Promise<void> {
  const fresh = `${dir}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  try {
    await buildExamples({ out: fresh });
    rmSync(dir, { recursive: true, force: true });
    renameSync(fresh, dir);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const path of ingredients.flatMap((ingredient) => files(resolve(project, ingredient)))) hash.update(`${path}\0`).update(readFileSync(path));
  return hash.digest('hex');
}

/** Every file of a folder, a file itself, or nothing: what is missing is for the builder to tell. */
function files(path: string): string[] {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort();
}
