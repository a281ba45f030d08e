/**
 * First boot: every export of pvtx.d becomes part of revision 0, or none does (spec state-engine 5.5). All reading and
 * checking happens aside; what it wrote is removed when anything is wrong, so storage is as before and the next boot
 * tries again. Later boots do nothing.
 */
import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { syncDirectory, writeFileAtomic } from './atomic.ts';
import { readExport } from './export-reader.ts';
import { installedMark, isInstalled, skeletonMark } from './installed.ts';
import { addState } from './merge.ts';
import { hasObject } from './objects.ts';
import { emptyState, objectsOf, type StateText } from './state-text.ts';
import { asStorageError, StorageError } from './storage-error.ts';
import { buildTrail, recoverTrail } from './trail.ts';
import { printBootVariables } from './uboot-env.ts';

export interface FirstBoot {
  /** Storage's root. */
  readonly storage: string;
  /** Directory with `*.tgz`. */
  readonly exportsDir: string;
  /** The user named it, so it must be there. */
  readonly exportsRequired?: boolean;
}

export type FirstBootResult = { readonly kind: 'installed'; readonly exports: readonly string[] } | { readonly kind: 'already-installed' };

interface Merged {
  readonly state: StateText;
  /** State key -> the export that it came from. */
  readonly origins: ReadonlyMap<string, string>;
}

const folders = ['objects', 'trails/locals', 'boot', 'logs', 'cache', 'config', 'disks'];
const factoryProgress = { status: 'DONE', 'status-msg': 'Factory revision', progress: 100, retries: 0 };

/** Throws StorageError with the file, what is wrong in it, and what to do. */
export async function installFirstBoot({ storage, exportsDir, exportsRequired = false }: FirstBoot): Promise<FirstBootResult> {
  if (isInstalled(storage)) return { kind: 'already-installed' };
  const exports = exportsIn(exportsDir, exportsRequired);
  const staging = join(storage, 'cache', 'first-boot.tmp');
  try {
    createSkeleton(storage);
    rmSync(staging, { recursive: true, force: true });
    mkdirSync(staging, { mode: 0o700 });
    const merged = await readAll(exports, staging);
    await checkObjects(merged, [staging, join(storage, 'objects')]);
    commit(storage, staging, merged.state);
    return { kind: 'installed', exports: exports.map((path) => basename(path)) };
  } catch (error) {
    throw asStorageError(storage, error);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** Regular files, in the order of the shell's `*.tgz`. */
function exportsIn(directory: string, required: boolean): string[] {
  if (!required && !existsSync(directory)) return [];
  try {
    const names = readdirSync(directory).filter((name) => name.endsWith('.tgz') && !name.startsWith('.')).sort();
    return names.map((name) => join(directory, name)).filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
  } catch (cause) {
    throw new StorageError(directory, (cause as Error).message, 'create it, or name another directory with --pvtx-dir or PV_PVTXD', { cause });
  }
}

function createSkeleton(storage: string): void {
  // Where nothing can be written, mkdir of more than one directory says that there is none.
  if (existsSync(storage)) accessSync(storage, constants.W_OK);
  for (const folder of folders) mkdirSync(join(storage, folder), { recursive: true, mode: 0o755 });
  if (!existsSync(skeletonMark(storage))) writeFileAtomic(skeletonMark(storage), '');
  recoverTrail(join(storage, 'trails/0'));
}

async function readAll(exports: readonly string[], staging: string): Promise<Merged> {
  let state = emptyState;
  const origins = new Map<string, string>();
  for (const path of exports) {
    const incoming = await readExport(path, staging);
    const file = basename(path);
    if (incoming.get('#spec') !== emptyState.get('#spec')) {
      throw new StorageError(`${file}: json`, `$["#spec"]: must be ${emptyState.get('#spec') ?? ''}`, 'export the part with a newer pvr');
    }
    state = addState(state, incoming);
    for (const key of incoming.keys()) origins.set(key, file);
  }
  return { state, origins };
}

async function checkObjects({ state, origins }: Merged, places: readonly string[]): Promise<void> {
  for (const { key, id } of objectsOf(state)) {
    const found = await Promise.all(places.map((place) => hasObject(place, id)));
    if (!found.includes(true)) throw new StorageError(`${origins.get(key) ?? 'state'}: json`, `$[${JSON.stringify(key)}]: object ${id} is in none of the exports`, 'the export is incomplete: export the part again');
  }
}

/** Objects first, then what names them, then the mark that it is done. What is new goes again when a later step fails. */
function commit(storage: string, staging: string, state: StateText): void {
  const [objectsDir, trail, variables] = [join(storage, 'objects'), join(storage, 'trails/0'), join(storage, 'boot/uboot.txt')];
  const created: string[] = [];
  const creating = (path: string): string => {
    if (!existsSync(path)) created.push(path);
    return path;
  };
  try {
    for (const id of new Set(objectsOf(state).map((object) => object.id))) {
      if (existsSync(join(staging, id))) renameSync(join(staging, id), creating(join(objectsDir, id)));
    }
    syncDirectory(objectsDir);
    if (!existsSync(variables)) writeFileAtomic(creating(variables), printBootVariables({ pv_rev: '0' }));
    buildTrail(creating(trail), { state, objectsDir, progress: factoryProgress });
    writeFileAtomic(installedMark(storage), '');
  } catch (error) {
    for (const path of created.reverse()) rmSync(path, { recursive: true, force: true });
    throw error;
  }
}
