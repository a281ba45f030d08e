import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { Timers } from '../../src/relay/timers.ts';

/** The same numbers in each run. */
function numbers(): (below: number) => number {
  let state = 1;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state % below;
  };
}

test('they fire in order, once, and not when cancelled, however many are', () => {
  const timers = new Timers();
  const random = numbers();
  const expected: number[] = [];
  const fired: number[] = [];
  for (let count = 0; count < 2_000; count += 1) {
    const at = random(1_000_000);
    const timer = timers.add(at, () => fired.push(at));
    if (random(4) === 0) expected.push(at);
    else timer.cancel();
  }
  expected.sort((a, b) => a - b);
  expect(timers.wait(0)).toBe(expected[0]);
  timers.run(500_000);
  expect(fired).toEqual(expected.filter((at) => at <= 500_000));
  timers.run(1_000_000);
  expect(fired).toEqual(expected);
  expect(timers.wait(0)).toBe(-1);
});

test('one may cancel another, itself, or what has fired, and begin a new one', () => {
  const timers = new Timers();
  const fired: string[] = [];
  const later = timers.add(20, () => fired.push('later'));
  const first = timers.add(10, () => {
    fired.push('first');
    first.cancel();
    later.cancel();
    timers.add(15, () => fired.push('new'));
  });
  timers.run(30);
  first.cancel();
  later.cancel();
  expect([fired, timers.wait(0)]).toEqual([['first', 'new'], -1]);
});

test('cancelled ones are not kept until their time: sessions come and go by the thousand in a minute', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const timers = new Timers();
  timers.add(1, () => undefined);
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let count = 0; count < 300_000; count += 1) timers.add(60_000, () => undefined).cancel();
  collect();
  const kept = process.memoryUsage().heapUsed - before;
  expect(timers.wait(0)).toBe(1);
  // All of them would be some 40 MB.
  expect(kept).toBeLessThan(10_000_000);
});
