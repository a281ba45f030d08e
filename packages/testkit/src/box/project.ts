/** Places: the project on the host, and the runtime's own in a box. */
import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const project = resolve(import.meta.dirname, '../../../..');

export const storage = '/var/pantavisor/storage';

/** One of our programs as the user starts it; `dist` must be built. */
export function program(name: string): string {
  return join(project, 'dist', 'bin', name);
}

/** Programs of a newer Debian suite with all they need, unpacked by the set-up (scripts/setup/suite.mjs). Usable as a root. */
export function tree(name: 'wasmedge' | 'compositor' | 'debian' | 'debian-12' | 'docker' | 'image'): string {
  return realpathSync(join(project, '.cache', 'trees', name));
}
