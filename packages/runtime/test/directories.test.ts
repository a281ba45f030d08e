import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeDirectories } from '../src/directories.ts';

const root = mkdtempSync(join(tmpdir(), 'pv-directories-'));
afterAll(() => rmSync(root, { recursive: true }));

it('makes what is missing, and leaves what is there', () => {
  const path = join(root, 'a/b/c');
  makeDirectories(path);
  makeDirectories(path);
  expect([statSync(path).isDirectory(), statSync(path).mode & 0o777]).toEqual([true, 0o755]);
  symlinkSync(path, join(root, 'link'));
  makeDirectories(join(root, 'link/d'));
  expect(statSync(join(path, 'd')).isDirectory()).toBe(true);
});

it('says what is in the way', () => {
  const file = join(root, 'file');
  writeFileSync(file, '');
  expect(() => makeDirectories(file)).toThrow(/EEXIST/);
  expect(() => makeDirectories(join(file, 'x'))).toThrow(/ENOTDIR/);
});

/** In a process of its own: one that never returned could not be interrupted. */
it.each(['/proc/none', '/proc/none/below', '/proc/self/none'])('ends for %s, where nothing can be made', (path) => {
  const script = `import('${join(import.meta.dirname, '../src/directories.ts')}').then(({ makeDirectories }) => makeDirectories('${path}')).catch(({ code }) => process.stdout.write(code))`;
  const { stdout, signal } = spawnSync(process.execPath, ['--import', 'tsx', '-e', script], { encoding: 'utf8', timeout: 20_000, cwd: import.meta.dirname });
  expect([stdout, signal]).toEqual(['ENOENT', null]);
});
