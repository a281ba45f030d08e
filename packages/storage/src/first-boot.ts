/**
 * First boot: every export of pvtx.d becomes part of revision 0, or none does (spec state-engine 5.5). All reading and
 * checking happens aside; what it wrote is removed when anything is wrong, so storage is as before and the next boot
 * tries again. Later boots do nothing.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeFileAtomic } from './atomic.ts';
import { hasObject, readExport } from './export-reader.ts';
import { addState } from './merge.ts';
import { emptyState, objectsOf, type StateText } from './state-text.ts';
import { asStorageError, StorageError } from './storage-error.ts';
import { buildTrail } from './trail.ts';
import { printBootVariables } from './uboot-env.ts';

export interface FirstBoot {
  /** Storage's root. */
  readonly storage: string;
  /** Directory with `*.tgz`; need not exist. */
  readonly exportsDir: string;
}

export type FirstBootResult = { readonly kind: 'installed'; readonly exports: readonly string[] } | { readonly kind: 'already-installed' };

const folders = ['objects', 'trails/locals', 'boot', 'logs', 'cache', 'config', 'disks'];
const factoryProgress = { status: 'DONE', 'status-msg': 'Factory revision', progress: 100, retries: 0 };

/** Throws StorageError with the file, what is wrong in it, and what to do. */
export async function installFirstBoot({ storage, exportsDir }: FirstBoot): Promise<FirstBootResult> {
  const done = join(storage, '.pvtx-done');
  if (existsSync(done)) return { kind: 'already-installed' };
  const staging = join(storage, 'cache', 'first-boot.tmp');
  try {
    for (const folder of folders) mkdirSync(join(storage, folder), { recursive: true, mode: 0o755 });
    writeFileAtomic(join(storage, '.created'), '');
    rmSync(staging, { recursive: true, force: true });
    mkdirSync(staging, { mode: 0o700 });
    const exports = exportsIn(exportsDir);
    const state = await readAll(exports, staging);
    await checkObjects(state, [staging, join(storage, 'objects')]);
    commit(storage, staging, state);
    writeFileAtomic(done, '');
    return { kind: 'installed', exports: exports.map((path) => basename(path)) };
  } catch (error) {
    throw asStorageError(storage, error);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** In the order of the shell's `*.tgz`: bytewise. */
function exportsIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).filter((name) => name.endsWith('.tgz') && !name.startsWith('.')).sort().map((name) => join(directory, name)).filter((path) => statSync(path).isFile());
}

async function readAll(exports: readonly string[], staging: string): Promise<StateText> {
  let state = emptyState;
  for (const path of exports) {
    const incoming = await readExport(path, staging);
    if (incoming.get('#spec') !== emptyState.get('#spec')) {
      throw new StorageError(`${basename(path)}: json`, `$["#spec"]: must be ${emptyState.get('#spec') ?? ''}`, 'export the part with a newer pvr');
    }
    state = addState(state, incoming);
  }
  return state;
}

async function checkObjects(state: StateText, places: readonly string[]): Promise<void> {
  for (const { key, id } of objectsOf(state)) {
    const found = await Promise.all(places.map((place) => hasObject(place, id)));
    if (!found.includes(true)) throw new StorageError('state', `$[${JSON.stringify(key)}]: object ${id} is in none of the exports`, 'the export that names it is incomplete: export it again');
  }
}

/** Objects first, then the trail that names them; on failure the objects that came with it go again. */
function commit(storage: string, staging: string, state: StateText): void {
  const objectsDir = join(storage, 'objects');
  const fresh = readdirSync(staging).filter((id) => !existsSync(join(objectsDir, id)));
  const used = new Set(objectsOf(state).map(({ id }) => id));
  try {
    for (const id of fresh) if (used.has(id)) renameSync(join(staging, id), join(objectsDir, id));
    rmSync(join(storage, 'trails/0'), { recursive: true, force: true });
    buildTrail(join(storage, 'trails/0'), { state, objectsDir, progress: factoryProgress });
    writeFileAtomic(join(storage, 'boot/uboot.txt'), printBootVariables({ pv_rev: '0' }));
  } catch (error) {
    for (const id of fresh) rmSync(join(objectsDir, id), { force: true });
    rmSync(join(storage, 'trails/0'), { recursive: true, force: true });
    throw error;
  }
}
