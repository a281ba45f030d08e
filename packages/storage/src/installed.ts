/** Whether the first boot has been; apart from the installer, which is much code for once in the life of a storage. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export function installedMark(storage: string): string {
  return join(storage, '.pvtx-done');
}

export function isInstalled(storage: string): boolean {
  return existsSync(installedMark(storage));
}
