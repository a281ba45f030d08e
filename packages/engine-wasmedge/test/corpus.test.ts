/** The fuzzers' corpus as tests: `ok-<what>` and `module-<what>` are accepted, `invalid-<what>` refused with a reason. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkConfig, checkModule } from './kit/fuzz.ts';

const corpus = join(import.meta.dirname, '../../../test/fuzz/corpus');

describe.each([['module', checkModule], ['wasmedge', checkConfig]] as const)('%s', (folder, check) => {
  test.each(readdirSync(join(corpus, folder)))('%s', (name) => {
    const result = check(readFileSync(join(corpus, folder, name)));
    expect(result.kind, JSON.stringify(result)).toBe(name.split('-')[0]);
  });
});
