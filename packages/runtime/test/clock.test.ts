import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '../src/clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const day = 86_400;

it.each([1, 5, 30 * day, 365 * day])('calls back after %d seconds, not before', (seconds) => {
  const then = vi.fn();
  systemClock.after(seconds, then);
  vi.advanceTimersByTime(seconds * 1000 - 1);
  expect(then).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(then).toHaveBeenCalledTimes(1);
});

it('never calls back once it is cancelled, at whatever time', () => {
  const then = vi.fn();
  const cancel = systemClock.after(60 * day, then);
  vi.advanceTimersByTime(40 * day * 1000);
  cancel();
  vi.advanceTimersByTime(40 * day * 1000);
  expect(then).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});
