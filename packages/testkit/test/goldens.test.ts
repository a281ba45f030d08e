import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { expectGolden } from '../src/goldens.ts';
import { tempRoot } from '../src/temp-root.ts';

function file(): string {
  const { path, remove } = tempRoot();
  onTestFinished(remove);
  return join(path, 'goldens', 'ls.txt');
}

it('asks for a golden file that is not there, writes it when told to, and compares with it', () => {
  const path = file();
  expect(() => expectGolden('one\n', path, {})).toThrow('does not exist; run the test with PV_UPDATE_GOLDENS=1');
  expectGolden('one\n', path, { PV_UPDATE_GOLDENS: '1' });
  expect(readFileSync(path, 'utf8')).toBe('one\n');
  expectGolden('one\n', path, {});
  expect(() => expectGolden('two\n', path, {})).toThrow(`differs from ${path}`);
});
