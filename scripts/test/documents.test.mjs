import { expect, it } from 'vitest';
import { unknownScripts } from '../checks/documents.mjs';

it.each([
  ['a script in a block', '<!-- not run: no reason -->\n```sh\nnpm run nope\n```', ['a.md: package.json has no script nope']],
  ['a script in a sentence', 'say `npm run nope` and `npm test`', ['a.md: package.json has no script nope']],
  ['a file', 'say `npx tsx test/nope.ts --runs 1`', ['a.md: there is no test/nope.ts']],
  ['what is there', 'say `npm start -- --once` and `npx tsx test/fuzz/http.ts --runs 1`', []],
])('a document that tells to run %s', (_, text, problems) => {
  expect(unknownScripts('a.md', text)).toEqual(problems);
});
