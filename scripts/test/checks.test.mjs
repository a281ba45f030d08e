import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { problemsOf } from '../checks/texts.mjs';
import { isStatic, missing } from '../setup/needs.mjs';

describe('the check of texts', () => {
  const checkout = ['', 'srv', 'code', 'pv'].join('/');

  it('finds the place of a checkout and of a home, with the line', () => {
    const home = ['', 'home', 'ada', 'x'].join('/');
    expect(problemsOf('a.md', `fine\nsee ${checkout}/a.ts\nsee ${home}\n${checkout}-other is another`, checkout)).toEqual(['a.md:2: names the place of this checkout', "a.md:3: names somebody's home directory"]);
  });

  it('finds the host of a registry', () => {
    expect(problemsOf('a', `https://${['registry', 'example', 'org'].join('.')}/x`, checkout)).toEqual(["a:1: names a package registry's host"]);
    expect(problemsOf('a', 'the npm registry. Example', checkout)).toEqual([]);
  });

  it('takes no short root, such as a container has, for a name', () => {
    expect(problemsOf('a', 'see /app/x', '/app')).toEqual([]);
  });
});

describe('the search for programs', () => {
  it('finds nothing missing where the tests run', () => {
    expect(missing({ tests: true })).toEqual([]);
  });

  it('tells a static program from a dynamic one, a script and nothing', () => {
    const directory = mkdtempSync(join(tmpdir(), 'pv-needs-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    writeFileSync(join(directory, 'script'), '#!/bin/sh\n');
    expect(['/bin/busybox', process.execPath, join(directory, 'script'), join(directory, 'no')].map(isStatic)).toEqual([true, false, false, false]);
  });
});
