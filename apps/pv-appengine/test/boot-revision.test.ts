import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempRoot } from '@pv/testkit/temp-root';
import { expect, it, onTestFinished } from 'vitest';
import { bootRevision } from '../src/boot-revision.ts';

it('is pv_rev of uboot.txt, and 0 when nothing says otherwise', () => {
  const root = tempRoot('pv-boot-revision');
  onTestFinished(root.remove);
  expect(bootRevision(root.path)).toBe('0');
  mkdirSync(join(root.path, 'boot'));
  for (const [text, revision] of [['pv_try=1\0pv_rev=locals/x\0\0', 'locals/x'], ['pv_rev=\0\0', '0'], ['', '0']] as const) {
    writeFileSync(join(root.path, 'boot/uboot.txt'), text);
    expect(bootRevision(root.path)).toBe(revision);
  }
});
