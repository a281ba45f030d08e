/** What a directory holds: path -> content, a directory's path ending in `/`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export function tree(root: string): Record<string, string> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return entry.isDirectory() ? [`${relative(root, path)}/`, ''] : [relative(root, path), readFileSync(path, 'latin1')];
  });
  return Object.fromEntries(entries.sort());
}
