/** The fuzzers' corpus as tests: `taken-<count>-<what>` gives so many links, `bad-<what>` is no graph. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkGraph } from '../kit/graph-fuzz.ts';

const corpus = join(import.meta.dirname, '../../../../test/fuzz/corpus/graph');

test.each(readdirSync(corpus))('7.2-19 graph/%s', (name) => {
  const [verdict, count] = name.split('-');
  const parsed = checkGraph(readFileSync(join(corpus, name)));
  expect(parsed).toMatchObject(verdict === 'bad' ? { kind: 'bad' } : { kind: 'graph', links: { length: Number(count) } });
});
