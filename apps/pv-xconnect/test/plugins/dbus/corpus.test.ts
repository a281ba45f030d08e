/** The fuzzers' corpus as tests: see kit/dbus-fuzz.ts for what must hold. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { checkHandshake, checkMessages } from '../../kit/dbus-fuzz.ts';

const corpus = join(import.meta.dirname, '../../../../../test/fuzz/corpus');
const sizes = [1, 7, 64, 65_536];

for (const [folder, check] of [['sasl', checkHandshake], ['dbus', checkMessages]] as const) {
  test.each(readdirSync(join(corpus, folder)))(`7.2-6 ${folder}/%s, in pieces of any size`, (name) => {
    const input = readFileSync(join(corpus, folder, name));
    for (const size of sizes) check(input, size);
  });
}
