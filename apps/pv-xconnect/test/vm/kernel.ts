/** A Debian kernel with DRM drivers, from the distribution's own package, kept in `.cache/vm`. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../../../.cache/vm', import.meta.url));

export interface Kernel {
  readonly image: string;
  /** Files of `names` and all that they need, in the order in which they must be loaded. */
  modules(names: readonly string[]): string[];
}

export function debianKernel(): Kernel {
  const root = join(cache, 'kernel');
  if (!existsSync(root)) unpack(root);
  const image = join(root, 'boot', readdirSync(join(root, 'boot')).find((name) => name.startsWith('vmlinuz-')) ?? '');
  const files = new Map(modulesBelow(join(root, 'lib/modules')).map((path) => [moduleName(path), path]));
  return { image, modules: (names) => inOrder(names, files) };
}

function unpack(root: string): void {
  mkdirSync(cache, { recursive: true });
  const depends = execFileSync('apt-cache', ['depends', 'linux-image-amd64'], { encoding: 'utf8' });
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (name === undefined) throw new Error('apt knows no linux-image-amd64: run apt-get update');
  execFileSync('apt-get', ['download', name], { cwd: cache, stdio: ['ignore', 'ignore', 'pipe'] });
  const file = readdirSync(cache).find((entry) => entry.endsWith('.deb')) ?? '';
  execFileSync('dpkg', ['-x', join(cache, file), root]);
  rmSync(join(cache, file));
}

function modulesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true }).filter(({ name }) => name.endsWith('.ko')).map((entry) => join(entry.parentPath, entry.name));
}

/** Modules call each other with `_` whatever their file is named. */
function moduleName(path: string): string {
  return basename(path, '.ko').replaceAll('-', '_');
}

function inOrder(names: readonly string[], files: ReadonlyMap<string, string>): string[] {
  const ordered = new Set<string>();
  const add = (name: string): void => {
    const file = files.get(name);
    if (file === undefined) throw new Error(`this kernel has no module ${name}`);
    if (ordered.has(file)) return;
    for (const needed of needs(file)) add(needed);
    ordered.add(file);
  };
  for (const name of names) add(name);
  return [...ordered];
}

/** `depends=a,b` in the module's own description. */
function needs(file: string): string[] {
  const text = readFileSync(file, 'latin1');
  return (/\0depends=([^\0]*)\0/.exec(text)?.[1] ?? '').split(',').filter((name) => name !== '').map((name) => name.replaceAll('-', '_'));
}
