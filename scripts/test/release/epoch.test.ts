import { expect, it } from 'vitest';
import { sourceDateEpoch } from '../../release/epoch.ts';

it('the time in what is made is the one of the environment, in seconds, or 1970', () => {
  expect([sourceDateEpoch({ SOURCE_DATE_EPOCH: '1700000000' }), sourceDateEpoch({})]).toEqual([1_700_000_000, 0]);
});

it.each(['', 'now', '-1', '1.5', '1700000000000'])('SOURCE_DATE_EPOCH=%s is refused', (text) => {
  expect(() => sourceDateEpoch({ SOURCE_DATE_EPOCH: text })).toThrow(`SOURCE_DATE_EPOCH is ${JSON.stringify(text)}; it has to be seconds since 1970`);
});
