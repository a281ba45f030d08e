/** A revision's trail: the state, its inline documents as files, its objects as hard links (spec state-engine 5.1). */
import { linkSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { syncDirectory, writeFileSynced } from './atomic.ts';
import { printStateText, type StateText } from './state-text.ts';
import { StorageError } from './storage-error.ts';

export interface TrailOptions {
  readonly state: StateText;
  readonly objectsDir: string;
  /** What the `progress` file says at first, as JSON. */
  readonly progress: unknown;
}

/** Built aside and renamed: a trail is there whole or not at all. */
export function buildTrail(directory: string, { state, objectsDir, progress }: TrailOptions): void {
  const fresh = `${directory}.tmp`;
  rmSync(fresh, { recursive: true, force: true });
  try {
    for (const folder of ['.pvr', '.pv']) mkdirSync(join(fresh, folder), { recursive: true, mode: 0o755 });
    writeFileSynced(join(fresh, '.pvr/json'), printStateText(state), 0o600);
    writeFileSynced(join(fresh, '.pvr/config'), JSON.stringify({ ObjectsDir: objectsDir }));
    writeFileSynced(join(fresh, '.pv/progress'), `${JSON.stringify(progress)}\n`);
    for (const [key, text] of state) if (key !== '#spec') placeFile(fresh, key, text, objectsDir);
    syncDirectory(fresh);
    renameSync(fresh, directory);
    syncDirectory(dirname(directory));
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    throw error;
  }
}

function placeFile(trail: string, key: string, text: string, objectsDir: string): void {
  if (key.split('/').some((part) => part === '' || part === '.' || part === '..') || key.includes('\0') || /^\.pvr?(?:\/|$)/.test(key)) {
    throw new StorageError('state', `$[${JSON.stringify(key)}]: is not a path inside a revision`, 'mend the part that has it');
  }
  const path = join(trail, key);
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const id = /^"([0-9a-f]{64})"$/.exec(text)?.[1];
  if (id === undefined) writeFileSynced(path, text);
  else linkSync(join(objectsDir, id), path);
}
