/** How long pv-core may take to end. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootRevision } from './boot-revision.ts';

/** In a revision that defines none of its own. */
const builtInGroups = 4;
/** For everything else that belongs to an end. */
const restMs = 10_000;

/** Milliseconds, longer than the lenient stop of all groups, which stop one after the other. `grace`: PV_STOP_GRACE, seconds. */
export function stopPatienceMs(grace: number, groups: number): number {
  return Math.max(groups, builtInGroups) * grace * 1000 + restMs;
}

/** How many groups the revision to boot defines; 0 when none, or when that cannot be read. */
export function definedGroups(storage: string): number {
  try {
    const state = JSON.parse(readFileSync(join(storage, 'trails', bootRevision(storage), '.pvr', 'json'), 'utf8')) as { 'device.json'?: { groups?: unknown }; 'groups.json'?: unknown };
    const device = state['device.json'];
    const groups = device === undefined ? state['groups.json'] : device.groups;
    return Array.isArray(groups) ? groups.length : 0;
  } catch {
    // pv-core says what is wrong with it.
    return 0;
  }
}
