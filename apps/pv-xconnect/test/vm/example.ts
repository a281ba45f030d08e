/** Root file systems of the example containers, as a device gets them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const builder = fileURLToPath(new URL('../../../../packages/examples/src/main.ts', import.meta.url));

/** Builds the example `name` in the directory `work` and unpacks its root to `root`, which is not there yet. */
export function unpackExample(name: string, work: string, root: string): void {
  const into = join(work, name);
  mkdirSync(into, { recursive: true });
  execFileSync(process.execPath, ['--import', 'tsx', builder, '--out', into, name], { stdio: ['ignore', 'ignore', 'inherit'] });
  execFileSync('tar', ['-xzf', join(into, `${name}.pvrexport.tgz`), '-C', into]);
  const state = JSON.parse(readFileSync(join(into, 'json'), 'utf8')) as Record<string, string>;
  execFileSync('unsquashfs', ['-quiet', '-no-progress', '-dest', root, join(into, 'objects', state[`${name}/root.squashfs`] ?? '')], { stdio: ['ignore', 'ignore', 'inherit'] });
}
