import { expect, it } from 'vitest';
import { respawnDelay } from '../../src/daemons/respawn.ts';

it('restarts at once after a healthy run, and ever later after quick ends, up to a cap', () => {
  expect(respawnDelay(60, 7)).toEqual({ delay: 0, quickEnds: 1 });
  const delays: number[] = [];
  let quickEnds = 0;
  for (let round = 0; round < 9; round++) {
    const next = respawnDelay(0.05, quickEnds);
    delays.push(next.delay);
    quickEnds = next.quickEnds;
  }
  expect(delays).toEqual([0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5]);
});
