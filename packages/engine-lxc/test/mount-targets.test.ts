import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StartSpec } from '@pv/engine/engine';
import { tempRoot } from '@pv/testkit/temp-root';
import { afterAll, expect, test } from 'vitest';
import { linkedTarget } from '../src/mount-targets.ts';

const temp = tempRoot('pv-targets');
afterAll(() => temp.remove());
const counter = { made: 0 };

/** `layer/path` ends with `/` for a directory, `>` for a link, else a file. */
function found(entries: readonly string[], target: string): string | undefined {
  const root = join(temp.path, String(counter.made++));
  for (const layer of ['w/upper', 'a', 'b']) mkdirSync(join(root, layer), { recursive: true });
  for (const entry of entries) {
    const path = join(root, entry.replace(/[/>]$/, ''));
    mkdirSync(dirname(path), { recursive: true });
    if (entry.endsWith('/')) mkdirSync(path, { recursive: true });
    else if (entry.endsWith('>')) symlinkSync('/nowhere', path);
    else writeFileSync(path, '');
  }
  const spec = { config: { path: 'c', text: `lxc.mount.entry = tmpfs ${target} tmpfs rw 0 0` }, mounts: [], rootfs: { lower: [join(root, 'a'), join(root, 'b')], writable: join(root, 'w') } };
  return linkedTarget(spec as unknown as StartSpec);
}

test.each([
  ['nothing there', [], 'x/y', undefined],
  ['a directory', ['b/x/'], '/x/y', undefined],
  ['a link left by the container', ['w/upper/x>', 'b/x/'], 'x/y', '/x'],
  ['the last part', ['w/upper/x/y>'], 'x/y', '/x/y'],
  ['a link of the image', ['b/var/run>'], 'var/run/app', '/var/run'],
  ['a link that a directory above hides', ['w/upper/x/', 'a/x>', 'b/x/y>'], 'x/y', undefined],
  ['a link below a merged directory', ['w/upper/x/', 'a/x/', 'b/x/y>'], './x//y', '/x/y'],
  ['a link that a file hides', ['a/x', 'b/x>'], 'x', undefined],
  ['a link with a blank in its name', ['w/upper/a b>'], 'a\\040b/c', '/a b'],
  ['elsewhere', ['a/z>'], 'x', undefined],
])('%s', (_, entries, target, expected) => {
  const problem = found(entries, target);
  if (expected === undefined) expect(problem).toBeUndefined();
  else expect(problem).toContain(`leads over '${expected}'`);
});
