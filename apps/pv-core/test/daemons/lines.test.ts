import { PassThrough } from 'node:stream';
import { ManualClock, settle } from '@pv/testkit/manual-clock';
import { expect, it } from 'vitest';
import { limitLines } from '../../src/daemons/line-limit.ts';
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

it('lets so many lines through in each period, and tells how many it left out', () => {
  const [clock, lines] = [new ManualClock(), [] as string[]];
  const write = limitLines({ lines: 2, seconds: 10 }, clock, (line) => lines.push(line));
  for (let line = 1; line <= 1000; line++) write(String(line));
  expect(lines).toEqual(['1', '2']);
  clock.advance(10);
  for (const line of ['a', 'b']) write(line);
  clock.advance(10);
  write('c');
  expect(lines).toEqual(['1', '2', '998 more lines within 10 seconds were left out', 'a', 'b', 'c']);
});
