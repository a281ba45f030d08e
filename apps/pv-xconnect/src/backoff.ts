/** Waiting times between tries: pure. */
import type { Random } from '@pv/runtime/clock';

export interface BackoffRange {
  /** Seconds before the second try. */
  readonly first: number;
  /** Seconds, never more. */
  readonly max: number;
}

/** Seconds to wait after `failures` failures in a row (1 or more): doubling, less up to a tenth so that many do not march in step. */
export function backoff({ first, max }: BackoffRange, failures: number, random: Random): number {
  return Math.min(max, first * 2 ** Math.min(failures - 1, 60)) * (1 - random() / 10);
}
