import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkIntegrity } from '../../release/koffi.ts';
import { integrityOf, libraryIn } from '../../release/libraries.ts';

describe('the sum in the lockfile', () => {
  const lockfile = "packages:\n\n  '@a/b@1.0.0':\n    resolution: {integrity: sha512-QUI=}\n\n  c@2.0.0:\n    resolution: {integrity: sha512-Qw+/==}\n\n  c@2.0.0(d@1):\n    resolution: {tarball: x}\n";

  it('is found by name and version', () => {
    expect([integrityOf('@a/b@1.0.0', lockfile), integrityOf('c@2.0.0', lockfile)]).toEqual(['sha512-QUI=', 'sha512-Qw+/==']);
  });

  it.each(['c@2.0.1', 'b@1.0.0', 'c@2.0.0(d@1)'])('of %s is not there, which is said', (id) => {
    expect(() => integrityOf(id, lockfile)).toThrow(`pnpm-lock.yaml has no sum of ${id}`);
  });

  it('is compared with what was fetched', () => {
    const bytes = Buffer.from('addon');
    const sum = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
    const discarded: string[] = [];
    checkIntegrity('a@1', bytes, sum, () => discarded.push('right'));
    expect(() => checkIntegrity('a@1', Buffer.from('other'), sum, () => discarded.push('wrong'))).toThrow('the package a@1 is not the one of the lockfile');
    expect(discarded).toEqual(['wrong']);
  });
});

it('a library without a licence text is not released', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pv-library-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'licenses-of-tests'));
  writeFileSync(join(folder, 'package.json'), '{"name":"x","version":"1.0.0","license":"MIT"}');
  expect(() => libraryIn(folder)).toThrow('x 1.0.0 has no licence text');
});
