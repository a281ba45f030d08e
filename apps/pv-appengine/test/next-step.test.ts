import { describe, expect, it } from 'vitest';
import { type Ending, type NextStep, nextStep } from '../src/next-step.ts';

const end = (given: Partial<Ending>): Ending => ({ code: 0, signal: null, ranFor: 60, quickEnds: 0, stopping: false, ...given });

describe('what follows the end of pv-core', () => {
  it.each<[string, Partial<Ending>, NextStep]>([
    ['a crash', { code: null, signal: 'SIGKILL' }, { kind: 'relaunch', signal: 9, delay: 0, quickEnds: 0 }],
    ['a crash after quick ones', { code: null, signal: 'SIGSEGV', quickEnds: 4 }, { kind: 'relaunch', signal: 11, delay: 0, quickEnds: 0 }],
    ['an exit code from 128 on', { code: 134 }, { kind: 'relaunch', signal: 6, delay: 0, quickEnds: 0 }],
    ['a reboot', {}, { kind: 'reboot' }],
    ['a power-off', { code: 3 }, { kind: 'stop', status: 0, reason: 'powered off' }],
    ['a refusal', { code: 1 }, { kind: 'stop', status: 1, reason: 'pv-core cannot run (exit code 1); see the messages above, and pantavisor.log' }],
    ['our own stop, however it ended', { code: null, signal: 'SIGKILL', stopping: true }, { kind: 'stop', status: 0, reason: 'told to stop' }],
  ])('%s', (_title, given, step) => expect(nextStep(end(given))).toEqual(step));

  it('crashes again and again: the first at once, then ever later, up to a cap', () => {
    const delays: number[] = [];
    let quickEnds = 0;
    for (let round = 0; round < 8; round++) {
      const step = nextStep(end({ code: null, signal: 'SIGSEGV', ranFor: 0.1, quickEnds }));
      if (step.kind !== 'relaunch') throw new Error(step.kind);
      delays.push(step.delay);
      quickEnds = step.quickEnds;
    }
    expect(delays).toEqual([0, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5]);
  });
});
