import { readlinkSync, readdirSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { pinContainer, type Pin, type PinContainer } from '../../src/links/pin.ts';
import { sharedPins } from '../../src/links/shared-pins.ts';
import { startContainer } from '../kit/container.ts';

const taken = (pin: PinContainer, { pid, name }: { pid: number; name: string }): Pin => {
  const result = pin(pid, name);
  if (result.kind !== 'pinned') throw new Error(JSON.stringify(result));
  onTestFinished(() => result.pin.close());
  return result.pin;
};

test('many links of one process have one pin, which goes with the last of them', async () => {
  const container = await startContainer('one');
  const pin = sharedPins(pinContainer);
  const shares = Array.from({ length: 100 }, () => taken(pin, container));
  const [first, second] = shares;
  expect(new Set(shares.map(({ pidFd, rootFd }) => `${pidFd} ${rootFd}`)).size).toBe(1);
  for (const share of shares.slice(1)) share.close();
  second?.close();
  expect(first?.alive()).toBe(true);
  expect(pidfds()).toBe(1);
  first?.close();
  expect(pidfds()).toBe(0);
});

test('a container that starts again has a new pin, and the shares of the old one go on meaning the old', async () => {
  const container = await startContainer('one');
  const pin = sharedPins(pinContainer);
  const old = taken(pin, container);
  await container.kill();
  await container.start();
  const fresh = taken(pin, container);
  expect([old.alive(), fresh.alive(), fresh.startTime > old.startTime]).toEqual([false, true, true]);
  old.close();
  expect(taken(pin, container).pidFd).toBe(fresh.pidFd);
});

test('an old pin whose pid is taken by a new process of the container is not given out, nor is the new one forgotten with it', () => {
  const state = { alive: true, made: 0, closed: [] as number[] };
  const fake: PinContainer = (pid) => {
    const number = (state.made += 1);
    return { kind: 'pinned', pin: { pid, startTime: number, rootFd: 0, pidFd: number, alive: () => number > 1 || state.alive, close: () => void state.closed.push(number) } };
  };
  const pin = sharedPins(fake);
  const old = taken(pin, { pid: 9, name: 'c' });
  state.alive = false;
  const fresh = taken(pin, { pid: 9, name: 'c' });
  old.close();
  expect([fresh.pidFd, taken(pin, { pid: 9, name: 'c' }).pidFd, state.closed]).toEqual([2, 2, [1]]);
});

test('a refusal is passed on, and kept by nobody', async () => {
  const container = await startContainer('one');
  const pin = sharedPins(pinContainer);
  expect(pin(container.pid, 'other')).toMatchObject({ kind: 'refused' });
  expect(pin(4_194_303, 'one')).toEqual({ kind: 'gone' });
  expect(taken(pin, container).alive()).toBe(true);
});

function pidfds(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes('pidfd');
    } catch {
      return false;
    }
  }).length;
}
