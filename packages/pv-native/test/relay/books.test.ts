/** What a link's books say, whatever its clients sent. */
import { expect, test } from 'vitest';
import { LinkBooks } from '../../src/relay/books.ts';

test('no client can make a line of the log, or a last error, as long as it likes', () => {
  const books = new LinkBooks(1, () => undefined);
  const long = `allow: GET /${'x'.repeat(60_000)}`;
  books.refused(long);
  books.failed(long);
  const short = `${long.slice(0, 1000)}...`;
  expect(books.takeEvents().map(({ kind, ...event }) => [kind, 'text' in event && event.text])).toEqual([['refused', short], ['failed', short]]);
  expect(books.counters()).toMatchObject({ refused: 1, lastError: short });
  books.refused('x'.repeat(1000));
  expect(books.takeEvents()).toMatchObject([{ text: 'x'.repeat(1000) }]);
});
