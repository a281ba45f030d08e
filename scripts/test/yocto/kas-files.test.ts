import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { project } from '@pv/testkit/box/project';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { staleness } from '../../kas/machines.ts';
import { readText } from '../../release/libraries.ts';
import { kasSchema } from './kas-schema.ts';

interface KasFile {
  readonly header: { readonly version: number; readonly includes?: readonly string[] };
  readonly repos?: Readonly<Record<string, { readonly url?: string; readonly branch?: string; readonly commit?: string; readonly layers?: unknown }>>;
  readonly local_conf_header?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly machine?: string;
  readonly target?: string | readonly string[];
}

const folders = ['kas', 'kas/machines', 'kas/features', 'kas/release'];
const paths = folders.flatMap((folder) => readdirSync(join(project, folder)).filter((file) => file.endsWith('.yaml')).map((file) => `${folder}/${file}`));
const read = (path: string): KasFile => parse(readText(...path.split('/'))) as KasFile;
const schema = new Ajv({ allowUnionTypes: true }).compile(kasSchema);
/** What kas would refuse. */
const problems = (file: unknown): string[] => (schema(file) ? [] : (schema.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`));

describe.each(paths)('%s', (path) => {
  const file = read(path);

  it('has what kas takes, and includes what is there', () => {
    expect(problems(file)).toEqual([]);
    for (const include of file.header.includes ?? []) expect(existsSync(join(project, include)), include).toBe(true);
  });

  it('adds to features so that no default is lost', () => {
    for (const line of Object.values(file.local_conf_header ?? {})) expect(line).not.toMatch(/PANTAVISOR_FEATURES *(\+|\?|=)/);
  });
});

it.each([
  ['a file without a header', {}],
  ['a newer format', { header: { version: 17 } }],
  ['a key that there is not', { header: { version: 16 }, targets: 'x' }],
  ['a number for a text', { header: { version: 16 }, env: { A: 1 } }],
  ['a repository with a key that there is not', { header: { version: 16 }, repos: { a: { git: 'x' } } }],
  ['a layer in a list', { header: { version: 16 }, repos: { a: { layers: ['meta'] } } }],
  ['no layers at all, which kas and its documents do not agree on', { header: { version: 16 }, repos: { a: { url: 'x', layers: {} } } }],
  ['a short commit', { header: { version: 16 }, repos: { a: { url: 'x', commit: '0880963' } } }],
])('%s is found', (_, file) => {
  expect(problems(file)).toHaveLength(1);
});

it.each(['kas/bsp-base.yaml', 'kas/appengine-base.yaml'])('%s, with what it includes, has meta-clang, our layer, and keeps pvr from replacing itself', (path) => {
  const files = [read(path), ...(read(path).header.includes ?? []).map(read)];
  const repos = Object.assign({}, ...files.map(({ repos: some }) => some)) as NonNullable<KasFile['repos']>;
  expect(Object.keys(repos)).toContain('meta-clang');
  expect(repos['pantavisor']).toEqual({ layers: { recipes: null } });
  expect(files.map(({ env }) => env?.['PVR_DISABLE_SELF_UPGRADE'])).toContain('1');
});

it('scarthgap.yaml says the branch of every repository of base.yaml that has an address', () => {
  const named = Object.entries(read('kas/base.yaml').repos ?? {}).flatMap(([name, { url }]) => (url === undefined ? [] : [name]));
  expect(Object.keys(read('kas/scarthgap.yaml').repos ?? {}).sort()).toEqual(named.sort());
});

describe('the release configurations', () => {
  it('are fresh', () => {
    expect(staleness(project)).toEqual([]);
  });

  it.each(readdirSync(join(project, 'kas/release')).filter((file) => file.endsWith('.yaml')))('%s is resolved: nothing included, a commit for each repository', (name) => {
    const { header, repos = {}, machine } = read(`kas/release/${name}`);
    expect(header.includes).toBeUndefined();
    expect(`${machine}-scarthgap.yaml`).toBe(name);
    for (const { url, commit } of Object.values(repos)) if (url !== undefined) expect(commit).toMatch(/^[0-9a-f]{40}$/);
  });
});

describe('Kconfig', () => {
  const text = readText('kas', 'Kconfig');

  it('names files that are there, and each machine and feature there is', () => {
    const named = [...text.matchAll(/default "(kas\/[^"]+)"/g)].map(([, path = '']) => path);
    for (const path of named) expect(existsSync(join(project, path)), path).toBe(true);
    expect(named.filter((path) => /machines|features/.test(path)).sort()).toEqual(paths.filter((path) => /machines|features/.test(path)).sort());
  });

  it('has no symbol that kas would write into the configuration as a variable of its own', () => {
    const strings = [...text.matchAll(/^config (\S+)\n\tstring/gm)].map(([, symbol = '']) => symbol);
    expect(strings.filter((symbol) => !/^KAS_(INCLUDE_|TARGET_|BUILD_SYSTEM$)/.test(symbol))).toEqual([]);
  });
});
