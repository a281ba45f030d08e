/** Places: the project on the host, and the runtime's own in a box. */
import { join, resolve } from 'node:path';

export const project = resolve(import.meta.dirname, '../../../..');

export const storage = '/var/pantavisor/storage';

/** One of our programs as the user starts it; `dist` must be built. */
export function program(name: string): string {
  return join(project, 'dist', 'bin', name);
}
