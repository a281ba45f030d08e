/** The fuzzers' corpus as tests: `ok-<what>` is accepted, `invalid-<what>` refused with a reason. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkManifest } from './kit/manifest-fuzz.ts';

const corpus = join(import.meta.dirname, '../../../test/fuzz/corpus/manifest');

test.each(readdirSync(corpus))('7.2-5 manifest/%s', (name) => {
  const result = checkManifest(readFileSync(join(corpus, name)));
  expect(result.kind, JSON.stringify(result)).toBe(name.split('-')[0]);
});
