import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoff } from '../src/backoff.ts';

const range = { first: 0.05, max: 30 };

test('doubles from the first pause to the longest', () => {
  expect([1, 2, 3, 4].map((failures) => backoff(range, failures, () => 0))).toEqual([0.05, 0.1, 0.2, 0.4]);
  expect(backoff(range, 11, () => 0)).toBe(30);
});

test('is never negative, never above the longest, and at most a tenth below the exact pause', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, random) => {
      const exact = backoff(range, failures, () => 0);
      const pause = backoff(range, failures, () => random);
      expect(pause).toBeGreaterThan(0.89 * exact);
      expect(pause).toBeLessThanOrEqual(exact);
      expect(exact).toBeLessThanOrEqual(range.max);
    }),
  );
});
