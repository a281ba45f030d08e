/** Golden files: the expected output of a program, kept beside its test. `PV_UPDATE_GOLDENS=1` writes what is there now. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Throws an AssertionError with the difference when `actual` is not the text of the file. A missing file is a difference too. */
export function expectGolden(actual: string, path: string, environment: Readonly<Record<string, string | undefined>> = process.env): void {
  if (environment['PV_UPDATE_GOLDENS'] === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, actual);
    return;
  }
  assert.ok(existsSync(path), `${path} does not exist; run the test with PV_UPDATE_GOLDENS=1, then read and commit it`);
  assert.equal(actual, readFileSync(path, 'utf8'), `differs from ${path}; if the change is wanted, run the test with PV_UPDATE_GOLDENS=1`);
}
