import { expect, it } from 'vitest';
import { deadLinks, unknownScripts } from '../checks/documents.mjs';

it.each([
  ['a script in a block', '<!-- not run: no reason -->\n```sh\nnpm run nope\n```', ['a.md: package.json has no script nope']],
  ['a script in a sentence', 'say `npm run nope` and `npm test`', ['a.md: package.json has no script nope']],
  ['a file', 'say `npx tsx test/nope.ts --runs 1`', ['a.md: there is no test/nope.ts']],
  ['what is there', 'say `npm start -- --once` and `npx tsx test/fuzz/http.ts --runs 1`', []],
])('a document that tells to run %s', (_, text, problems) => {
  expect(unknownScripts('a.md', text)).toEqual(problems);
});

it.each([
  ['a file that is not there', '[x](nope.md)', ['docs/a.md: links to nope.md, which does not exist']],
  ['a heading that is not there', '[x](../README.md#nope) [y](../README.md#try-it-now)', ['docs/a.md: links to ../README.md#nope, and there is no such heading']],
  ['what is there, or elsewhere', '[x](../README.md) [y](https://example.com/a#b)', []],
])('a link to %s', (_, text, problems) => {
  expect(deadLinks('docs/a.md', text, () => '# Title\n\n## Try `it`, now\n')).toEqual(problems);
});
