import { expect, it } from 'vitest';
import { stopPatienceMs } from '../src/stop-patience.ts';

it('is longer than every group takes that is stopped by force', () => {
  for (const grace of [0, 5, 60, 3600]) expect(stopPatienceMs(grace)).toBeGreaterThan(4 * grace * 1000);
  expect(stopPatienceMs(5)).toBe(30_000);
});
