/**
 * A revision's trail: the state, its inline documents as files, its objects as hard links (spec state-engine 5.1).
 * Built aside and renamed: a trail is there whole or not at all, also after a power cut. It trusts the keys of a
 * StateText, and that the objects are there.
 */
import { existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { syncDirectory, writeFileSynced } from './atomic.ts';
import { objectId, printStateText, type StateText } from './state-text.ts';
import { asStorageError, StorageError } from './storage-error.ts';

export interface TrailOptions {
  readonly state: StateText;
  readonly objectsDir: string;
  /** What the `progress` file says at first, as JSON. */
  readonly progress: unknown;
}

/** Replaces a trail that is there already. On failure the former one, or none, stays. */
export function buildTrail(directory: string, options: TrailOptions): void {
  const fresh = `${directory}.tmp`;
  rmSync(fresh, { recursive: true, force: true });
  try {
    fill(fresh, options);
    syncTree(fresh);
    replace(directory, fresh);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    throw error;
  }
}

/** A power cut between the renames of `replace` leaves only the former trail, under another name: back to it. */
export function recoverTrail(directory: string): void {
  if (!existsSync(directory) && existsSync(`${directory}.bak`)) renameSync(`${directory}.bak`, directory);
}

function fill(fresh: string, { state, objectsDir, progress }: TrailOptions): void {
  for (const folder of ['.pvr', '.pv']) mkdirSync(join(fresh, folder), { recursive: true, mode: 0o755 });
  writeFileSynced(join(fresh, '.pvr/json'), printStateText(state), 0o600);
  writeFileSynced(join(fresh, '.pvr/config'), JSON.stringify({ ObjectsDir: objectsDir }));
  writeFileSynced(join(fresh, '.pv/progress'), `${JSON.stringify(progress)}\n`);
  for (const [key, text] of state) {
    if (key !== '#spec') place(fresh, key, text, objectsDir);
  }
}

function place(trail: string, key: string, text: string, objectsDir: string): void {
  const path = join(trail, key);
  const id = objectId(text);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    if (id === undefined) writeFileSynced(path, text);
    else linkSync(join(objectsDir, id), path);
  } catch (error) {
    throw explained(`state: $[${JSON.stringify(key)}]`, error as NodeJS.ErrnoException);
  }
}

function explained(where: string, error: NodeJS.ErrnoException): StorageError {
  if (!/^(?:EEXIST|ENOTDIR|EISDIR)$/.test(error.code ?? '')) return asStorageError(where, error);
  return new StorageError(where, 'is a file by one key and a directory by another', 'mend the parts that have them', { cause: error });
}

function syncTree(root: string): void {
  const folders = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const folder of [...folders.map(({ parentPath, name }) => join(parentPath, name)), root]) syncDirectory(folder);
}

function replace(directory: string, fresh: string): void {
  const former = `${directory}.bak`;
  rmSync(former, { recursive: true, force: true });
  if (existsSync(directory)) renameSync(directory, former);
  renameSync(fresh, directory);
  syncDirectory(dirname(directory));
  rmSync(former, { recursive: true, force: true });
}
