/** Whether the first boot has been; apart from the installer, which is much code for once in the life of a storage. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export function installedMark(storage: string): string {
  return join(storage, '.pvtx-done');
}

/** The storage is an appengine's: made before anything else is. */
export function skeletonMark(storage: string): string {
  return join(storage, '.created');
}

/** A device's own storage has neither mark. The revisions in it came by updates, so nothing is installed over them. */
export function isInstalled(storage: string): boolean {
  return existsSync(installedMark(storage)) || (!existsSync(skeletonMark(storage)) && hasRevisions(storage));
}

function hasRevisions(storage: string): boolean {
  const trails = join(storage, 'trails');
  return ['.', 'locals'].some((folder) => entries(join(trails, folder)).some((name) => existsSync(join(trails, folder, name, '.pvr', 'json'))));
}

function entries(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
