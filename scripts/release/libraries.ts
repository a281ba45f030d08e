/** Libraries of others that are in what we release: which, under which licence, with which sum in the lockfile. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { project } from '@pv/testkit/box/project';

export interface Library {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly licence: string;
  /** The texts that have to go with it. */
  readonly notices: readonly string[];
  /** As npm writes it: `sha512-<base64>`. */
  readonly integrity: string;
}

interface Metafile {
  readonly outputs: Readonly<Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>>;
}

export function readText(...path: string[]): string {
  return readFileSync(join(project, ...path), 'utf8');
}

/** The libraries in a program's bundles, by esbuild's word: what was shaken out of them entirely does not count. Sorted by name. */
export function bundledLibraries(program: string): Library[] {
  const { outputs } = JSON.parse(readText('apps', program, 'dist', 'meta.json')) as Metafile;
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const folders = inputs.flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? (/^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []) : []));
  return [...new Set(folders)].map((folder) => libraryIn(join(project, 'apps', program, folder))).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Of an installed package. Throws when it has no licence text. */
export function libraryIn(folder: string): Library {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string; version: string; license: string };
  const notices = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)(\.|$)/i.test(file)).sort().map((file) => readFileSync(join(folder, file), 'utf8'));
  if (notices.length === 0) throw new Error(`${name} ${version} has no licence text, so it cannot be released`);
  return { name, version, licence: license, notices, integrity: integrityOf(`${name}@${version}`) };
}

/** What the lockfile says of `<name>@<version>`. Throws when it does not know it. */
export function integrityOf(id: string, lockfile = readText('pnpm-lock.yaml')): string {
  const at = lockfile.split('\n').findIndex((line) => [`  ${id}:`, `  '${id}':`].includes(line));
  const found = /integrity: (sha512-[A-Za-z0-9+/]+=*)/.exec(lockfile.split('\n')[at + 1] ?? '')?.[1];
  if (at === -1 || found === undefined) throw new Error(`pnpm-lock.yaml has no sum of ${id}`);
  return found;
}
