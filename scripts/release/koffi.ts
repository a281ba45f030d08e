/** koffi's files: its JavaScript as installed here, the addons of all architectures from the npm registry, each once. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { project } from '@pv/testkit/box/project';
import { integrityOf, type Library, libraryIn } from './libraries.ts';

export const koffiFolder = join(project, 'packages', 'pv-native', 'node_modules', 'koffi');
const cache = join(project, '.cache', 'npm');

/** With the notices of what is compiled into its addons. */
export function koffiLibrary(): Library {
  const koffi = libraryIn(koffiFolder);
  const vendored = ['node-addon-api/LICENSE.md', 'node-api-headers/LICENSE'].map((path) => readFileSync(join(koffiFolder, 'vendor', path), 'utf8'));
  return { ...koffi, notices: [...koffi.notices, ...vendored] };
}

/** Files of an addon's package, by their path in it. Throws when its sum is not the lockfile's. */
export async function addonFiles(addon: string, version: string): Promise<ReadonlyMap<string, Buffer>> {
  const archive = join(cache, `${addon.replace('@', '').replace('/', '-')}-${version}.tgz`);
  const id = `${addon}@${version}`;
  if (!existsSync(archive)) fetchPackage(id);
  const bytes = readFileSync(archive);
  checkIntegrity(id, bytes, integrityOf(id), () => rmSync(archive));
  return unpack(bytes);
}

function fetchPackage(id: string): void {
  mkdirSync(cache, { recursive: true });
  try {
    execFileSync('npm', ['pack', id, '--pack-destination', cache, '--silent'], { cwd: cache, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    throw new Error(`npm cannot fetch ${id}: ${(error as { stderr?: string }).stderr ?? ''}`);
  }
}

/** `discard` is called before it throws: the next run fetches anew. */
export function checkIntegrity(id: string, bytes: Buffer, expected: string, discard: () => void): void {
  const found = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  if (found === expected) return;
  discard();
  throw new Error(`the package ${id} is not the one of the lockfile:\n  expected ${expected}\n  found    ${found}`);
}

async function unpack(archive: Buffer): Promise<Map<string, Buffer>> {
  const entries = extract();
  entries.end(gunzipSync(archive));
  const files = new Map<string, Buffer>();
  for await (const entry of entries) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    files.set(entry.header.name.replace(/^package\//, ''), Buffer.concat(chunks));
  }
  return files;
}
