/**
 * What to do when a container's init has ended: pure, a function of policy, history, end and time (spec
 * state-engine 3.2 to 3.4). Open for what comes later: a new policy or outcome is a new case, not a new engine.
 */
import type { LastExit } from '@pv/contract/containers';
import type { RecoveryPolicy } from './model.ts';

export interface RecoveryHistory {
  /** Retries since the last reset. */
  readonly retries: number;
  /** When the container was started last; seconds on the clock of `now`. */
  readonly lastStart: number;
  /** Did that start come to a running init? */
  readonly cameUp: boolean;
}

/** Seconds before the retry of a start that failed, at least: it may fail in no time, and nothing else would get any. */
const failedStartPause = 1;

export type RecoveryDecision =
  /** Start again after `delay` seconds. */
  | { readonly kind: 'retry'; readonly attempt: number; readonly delay: number }
  /** All retries used up; start a new cycle after `pause` seconds. */
  | { readonly kind: 'pause'; readonly pause: number }
  /** It did its work and ended: leave it. */
  | { readonly kind: 'completed' }
  /** All retries used up: leave it stopped. */
  | { readonly kind: 'give-up' }
  /** Nobody wants to recover it, or all retries used up: the whole device starts anew. */
  | { readonly kind: 'reboot'; readonly exhausted: boolean };

export function decideRecovery(policy: RecoveryPolicy, history: RecoveryHistory, end: LastExit, now: number): RecoveryDecision {
  if (policy.policy === 'no') return { kind: 'reboot', exhausted: false };
  if (policy.policy === 'on-failure' && end.kind === 'exit' && end.code === 0) return { kind: 'completed' };
  const retries = retriesAt(policy, history, now);
  if (policy.maxRetries > 0 && retries >= policy.maxRetries) return exhausted(policy);
  const delay = retryDelay(policy, retries + 1);
  return { kind: 'retry', attempt: retries + 1, delay: history.cameUp ? delay : Math.max(delay, failedStartPause) };
}

/** Retries that still count: a container that ran longer than the window begins anew. */
function retriesAt(policy: RecoveryPolicy, { retries, lastStart }: RecoveryHistory, now: number): number {
  return policy.resetWindow > 0 && now - lastStart > policy.resetWindow ? 0 : retries;
}

function exhausted({ backoffPolicy }: RecoveryPolicy): RecoveryDecision {
  if (backoffPolicy === 'never') return { kind: 'give-up' };
  return backoffPolicy === 'reboot' ? { kind: 'reboot', exhausted: true } : { kind: 'pause', pause: backoffPolicy };
}

/** Whole seconds before attempt 1, 2, ...: exponential, truncated once, capped. */
export function retryDelay({ retryDelay: first, backoffFactor, maxDelay }: RecoveryPolicy, attempt: number): number {
  // Bounded, because no delay at all times infinity is no number.
  const growth = Math.min(backoffFactor ** (attempt - 1), Number.MAX_VALUE);
  const grown = backoffFactor <= 1 ? first : Math.trunc(first * growth);
  return Math.min(Math.max(first, grown), Math.max(first, maxDelay));
}
