/** The committed corpus of the fuzzer: `refused-<what>` is, `read-<count>-<what>` is so many requests, however it is cut. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readRequests } from './kit.ts';

const corpus = fileURLToPath(new URL('../../../test/fuzz/corpus/http/', import.meta.url));
const files = readdirSync(corpus).filter((name) => name.endsWith('.http'));

test.each(files)('7.2-3 %s', (name) => {
  const bytes = readFileSync(`${corpus}${name}`);
  const count = /^read-(\d+)-/.exec(name)?.[1];
  for (const size of [bytes.length, 7, 1]) {
    const { messages, refused } = readRequests(bytes, Array<number>(bytes.length).fill(size));
    if (count === undefined) expect([messages, refused]).toEqual([[], expect.any(String)]);
    else expect([messages.length, refused]).toEqual([Number(count), undefined]);
  }
});
