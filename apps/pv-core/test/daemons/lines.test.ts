import { PassThrough } from 'node:stream';
import { settle } from '@pv/testkit/manual-clock';
import { expect, it } from 'vitest';
import { readLines } from '../../src/daemons/lines.ts';

it('joins pieces, keeps an unfinished last line, and cuts one without end', async () => {
  const stream = new PassThrough();
  const lines: string[] = [];
  readLines(stream, (line) => lines.push(line));
  stream.write('on');
  stream.write('e\ntwo\n');
  stream.write('x'.repeat(20_000));
  await settle();
  expect(lines.slice(0, 2)).toEqual(['one', 'two']);
  expect(lines.slice(2).map(({ length }) => length)).toEqual([8192, 8192]);
  stream.end();
  await settle();
  expect(lines.at(-1)).toHaveLength(20_000 - 2 * 8192);
});
