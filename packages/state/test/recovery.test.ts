import type { LastExit } from '@pv/contract/containers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecoveryPolicy } from '../src/model.ts';
import { decideRecovery, retryDelay, type RecoveryHistory } from '../src/recovery.ts';
import { backoffPolicyText, noRecovery } from '../src/recovery-policy.ts';

const policies = fc.record<RecoveryPolicy>({
  policy: fc.constantFrom('always', 'on-failure', 'unless-stopped'),
  maxRetries: fc.nat(20),
  retryDelay: fc.nat(600),
  backoffFactor: fc.double({ min: 0, max: 10, noNaN: true }),
  resetWindow: fc.nat(600),
  stableTimeout: fc.nat(600),
  backoffPolicy: fc.oneof(fc.constantFrom('reboot' as const, 'never' as const), fc.integer({ min: 1, max: 100_000 })),
  maxDelay: fc.integer({ min: 1, max: 100_000 }),
});
const fresh: RecoveryHistory = { retries: 0, lastStart: 0, cameUp: true };
const crash: LastExit = { kind: 'exit', code: 1 };
const ends = fc.constantFrom<LastExit>(crash, { kind: 'signal', signal: 9 }, { kind: 'oom', signal: 9 }, { kind: 'unknown', reason: 'x' });

/** A container that crashes again and again, on a clock of its own. */
function lifeOf(policy: RecoveryPolicy, end: LastExit, uptime: number, rounds: number) {
  const clock = { now: 1000 };
  let history: RecoveryHistory = { retries: 0, lastStart: clock.now, cameUp: true };
  const decisions = [];
  for (let round = 0; round < rounds; round++) {
    clock.now += uptime;
    const decision = decideRecovery(policy, history, end, clock.now);
    decisions.push(decision);
    if (decision.kind === 'retry') clock.now += decision.delay;
    else if (decision.kind === 'pause') clock.now += decision.pause;
    else break;
    history = { retries: decision.kind === 'retry' ? decision.attempt : 0, lastStart: clock.now, cameUp: true };
  }
  return decisions;
}

describe('retryDelay', () => {
  it.each([[5, 2, [5, 10, 20, 40, 80]], [2, 1.5, [2, 3, 4, 6, 10, 15, 22, 34, 51, 76]], [7, 1, [7, 7, 7]], [3, 0.5, [3, 3, 3]], [0, 2, [0, 0]]])('%d s x %d', (first, factor, expected) => {
    const policy = { ...noRecovery, retryDelay: first, backoffFactor: factor };
    expect(expected.map((_, index) => retryDelay(policy, index + 1))).toEqual(expected);
  });

  it('stays a number after very many attempts', () => {
    expect(retryDelay({ ...noRecovery, retryDelay: 0, backoffFactor: 2 }, 10_000)).toBe(0);
    expect(retryDelay({ ...noRecovery, retryDelay: 1, backoffFactor: 2, maxDelay: 60 }, 10_000)).toBe(60);
  });

  it('never shrinks, never passes the cap, and stays finite', () => {
    fc.assert(fc.property(policies, fc.integer({ min: 1, max: 10_000 }), (policy, attempt) => {
      const [now, next] = [retryDelay(policy, attempt), retryDelay(policy, attempt + 1)];
      expect(Number.isSafeInteger(now)).toBe(true);
      expect(next).toBeGreaterThanOrEqual(now);
      expect(now).toBeGreaterThanOrEqual(policy.retryDelay);
      expect(now).toBeLessThanOrEqual(Math.max(policy.retryDelay, policy.maxDelay));
    }));
  });
});

describe('decideRecovery', () => {
  it('counts attempts 1, 2, ... and gives exactly max_retries of them before it is exhausted', () => {
    fc.assert(fc.property(policies, ends, (policy, end) => {
      const short = { ...policy, maxRetries: Math.max(1, policy.maxRetries), resetWindow: 0 };
      const decisions = lifeOf(short, end, 1, short.maxRetries + 1);
      expect(decisions.slice(0, -1).map((decision) => decision.kind === 'retry' && decision.attempt)).toEqual(Array.from({ length: short.maxRetries }, (_, index) => index + 1));
      const kinds = { reboot: 'reboot', never: 'give-up' };
      expect(decisions.at(-1)?.kind).toBe(typeof short.backoffPolicy === 'number' ? 'pause' : kinds[short.backoffPolicy]);
    }));
  });

  it('begins anew after a pause', () => {
    const policy: RecoveryPolicy = { ...noRecovery, policy: 'always', maxRetries: 2, backoffPolicy: 600 };
    expect(lifeOf(policy, crash, 1, 4).map((decision) => (decision.kind === 'retry' ? decision.attempt : decision.kind))).toEqual([1, 2, 'pause', 1]);
  });

  it('never gives up without max_retries', () => {
    fc.assert(fc.property(policies, ends, (policy, end) => {
      expect(lifeOf({ ...policy, maxRetries: 0 }, end, 1, 30).every(({ kind }) => kind === 'retry')).toBe(true);
    }));
  });

  it('forgets retries after a run longer than the window, not after one as long as it', () => {
    const policy: RecoveryPolicy = { ...noRecovery, policy: 'always', maxRetries: 3, resetWindow: 60 };
    expect(lifeOf(policy, crash, 61, 10).map((decision) => decision.kind === 'retry' && decision.attempt)).toEqual(Array.from({ length: 10 }, () => 1));
    expect(lifeOf(policy, crash, 60, 4).at(-1)?.kind).toBe('reboot');
  });

  it('leaves a job that ended with 0 under on-failure, and retries it under the others', () => {
    const done: LastExit = { kind: 'exit', code: 0 };
    const policy: RecoveryPolicy = { ...noRecovery, maxRetries: 1 };
    expect(decideRecovery({ ...policy, policy: 'on-failure' }, fresh, done, 1)).toEqual({ kind: 'completed' });
    for (const name of ['always', 'unless-stopped'] as const) expect(decideRecovery({ ...policy, policy: name }, fresh, done, 1).kind).toBe('retry');
  });

  it('gives a start that failed a pause, whatever the policy says, and one that came up none', () => {
    const policy: RecoveryPolicy = { ...noRecovery, policy: 'always' };
    for (const [cameUp, delay] of [[true, 0], [false, 1]] as const) expect(decideRecovery(policy, { ...fresh, cameUp }, crash, 1)).toEqual({ kind: 'retry', attempt: 1, delay });
    expect(decideRecovery({ ...policy, retryDelay: 7 }, { ...fresh, cameUp: false }, crash, 1)).toMatchObject({ delay: 7 });
  });

  it('hands a container without a policy to the device', () => {
    expect(decideRecovery(noRecovery, fresh, crash, 1)).toEqual({ kind: 'reboot', exhausted: false });
  });
});

it('writes a backoff policy in the largest unit', () => {
  expect([7200, 600, 90, 'never' as const].map(backoffPolicyText)).toEqual(['2h', '10min', '90s', 'never']);
});
