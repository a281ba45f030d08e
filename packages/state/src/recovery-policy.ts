/** `auto_recovery`: spec state-engine 3.1, with a cap on the delay (3.3 IMPROVE) and strict types. */
import { RecoveryPolicyName } from '@pv/contract/containers';
import * as z from 'zod/mini';
import type { RecoveryPolicy } from './model.ts';

const seconds = z.int().check(z.minimum(0), z.maximum(31_536_000));

export const noRecovery: RecoveryPolicy = {
  policy: 'no', maxRetries: 0, retryDelay: 0, backoffFactor: 1, resetWindow: 0, stableTimeout: 0, backoffPolicy: 'reboot', maxDelay: 3600,
};

export const recoveryKeys = ['policy', 'max_retries', 'retry_delay', 'backoff_factor', 'reset_window', 'stable_timeout', 'backoff_policy', 'max_delay'] as const;

/** The document form; `_default(policy, 'no')` as upstream. */
export const RecoveryDocument = z.object({
  policy: z._default(RecoveryPolicyName, 'no'),
  max_retries: z._default(z.int().check(z.minimum(0), z.maximum(1_000_000)), 0),
  retry_delay: z._default(seconds, 0),
  backoff_factor: z._default(z.number().check(z.minimum(0), z.maximum(1000)), 1),
  reset_window: z._default(seconds, 0),
  stable_timeout: z._default(seconds, 0),
  backoff_policy: z._default(
    z.string().check(z.regex(/^(?:reboot|never|[1-9]\d{0,8}(?:s|min|h)?)$/, { error: 'must be "reboot", "never" or a duration such as "30s", "10min", "1h"' })),
    'reboot',
  ),
  max_delay: z._default(seconds.check(z.minimum(1)), noRecovery.maxDelay),
});
export type RecoveryDocument = z.infer<typeof RecoveryDocument>;

export function toRecoveryPolicy(document: RecoveryDocument): RecoveryPolicy {
  return {
    policy: document.policy,
    maxRetries: document.max_retries,
    retryDelay: document.retry_delay,
    backoffFactor: document.backoff_factor,
    resetWindow: document.reset_window,
    stableTimeout: document.stable_timeout,
    backoffPolicy: parseBackoffPolicy(document.backoff_policy),
    maxDelay: document.max_delay,
  };
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600 };

function parseBackoffPolicy(text: string): RecoveryPolicy['backoffPolicy'] {
  if (text === 'reboot' || text === 'never') return text;
  const [, amount = '0', unit = 's'] = /^(\d+)(s|min|h)?$/.exec(text) ?? [];
  return Number(amount) * (unitSeconds[unit] ?? 1);
}

/** The largest unit that divides it: `2h`, `10min`, `90s`. */
export function backoffPolicyText(policy: RecoveryPolicy['backoffPolicy']): string {
  if (typeof policy === 'string') return policy;
  if (policy % 3600 === 0) return `${policy / 3600}h`;
  return policy % 60 === 0 ? `${policy / 60}min` : `${policy}s`;
}
