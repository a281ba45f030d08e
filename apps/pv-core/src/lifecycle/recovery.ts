/** Auto-recovery of one container: keeps its history, asks the pure policy, writes the lines users grep for. */
import type { ContainerRecovery, LastExit } from '@pv/contract/containers';
import type { Clock } from '@pv/runtime/clock';
import type { Logger } from '@pv/runtime/log';
import type { ContainerModel } from '@pv/state/model';
import { decideRecovery } from '@pv/state/recovery';
import { backoffPolicyText } from '@pv/state/recovery-policy';
import type { Memory } from './memory.ts';

export type Outcome =
  | { readonly kind: 'now' }
  | { readonly kind: 'later'; readonly seconds: number }
  | { readonly kind: 'stay' }
  | { readonly kind: 'reboot'; readonly reason: string };

export class Recovery {
  retries = 0;
  /** Seconds since boot. */
  lastStart = 0;
  /** Did the last start come to a running init? */
  cameUp = true;
  retryAt = 0;
  /** All retries are used up and the policy leaves it stopped. */
  failed = false;
  /** It ended by itself as it should. */
  completed = false;
  stable = false;
  readonly #model: ContainerModel;
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor(model: ContainerModel, clock: Clock, log: Logger) {
    this.#model = model;
    this.#clock = clock;
    this.#log = log;
  }

  decide(end: LastExit): Outcome {
    const { recovery: policy, name } = this.#model;
    const { retries, lastStart, cameUp } = this;
    this.stable = false;
    const decision = decideRecovery(policy, { retries, lastStart, cameUp }, end, this.#clock.now());
    switch (decision.kind) {
      case 'retry': {
        const { attempt, delay } = decision;
        this.retries = attempt;
        this.#log.info(`platform '${name}' crashed. Attempting auto-recovery (attempt ${attempt}/${policy.maxRetries}) in ${delay} seconds...`);
        return this.#later(delay);
      }
      case 'pause':
        this.#exhausted(`backoff_policy=${decision.pause}s — scheduling retry cycle reset`);
        this.retries = 0;
        return this.#later(decision.pause);
      case 'completed':
        this.completed = true;
        this.#log.info(`platform '${name}' completed its work; leaving it stopped`);
        return { kind: 'stay' };
      case 'give-up':
        this.#exhausted(`backoff_policy=never — leaving '${name}' stopped`);
        this.failed = true;
        return { kind: 'stay' };
      case 'reboot':
        if (decision.exhausted) this.#exhausted('backoff_policy=reboot — triggering reboot');
        else this.#log.error(`platform '${name}' suddenly stopped`);
        return { kind: 'reboot', reason: `platform '${name}' ${endText(end)}` };
    }
  }

  /** A start begins. Gives the time, in seconds since boot. */
  startNow(): number {
    return (this.lastStart = this.#clock.now());
  }

  /** It outlived its stable_timeout: earlier retries no longer count (spec 3.4 IMPROVE). */
  becomeStable(): void {
    this.stable = true;
    this.retries = 0;
    this.#log.info(`platform '${this.#model.name}' is now STABLE (survived ${this.#model.recovery.stableTimeout} seconds)`);
  }

  reset(): void {
    this.retries = 0;
    this.failed = false;
    this.completed = false;
    this.stable = false;
  }

  restore({ retries, lastStart, retryAt, recoveryFailed, completed }: Memory): void {
    Object.assign(this, { retries, lastStart, retryAt, failed: recoveryFailed, completed });
  }

  /** Undefined: the container has no recovery policy, and upstream then shows none. */
  describe(): ContainerRecovery | undefined {
    const { policy, maxRetries, stableTimeout, backoffPolicy } = this.#model.recovery;
    if (policy === 'no') return undefined;
    return {
      policy, max_retries: maxRetries, current_retries: this.retries, stable_timeout: stableTimeout,
      is_stable: this.stable ? 'true' : 'false', backoff_policy: backoffPolicyText(backoffPolicy),
    };
  }

  #later(seconds: number): Outcome {
    this.retryAt = this.#clock.now() + seconds;
    return seconds > 0 ? { kind: 'later', seconds } : { kind: 'now' };
  }

  #exhausted(consequence: string): void {
    this.#log.warn(`platform '${this.#model.name}' reached max retries (${this.#model.recovery.maxRetries}).`);
    this.#log.warn(consequence);
  }
}

export function endText(end: LastExit): string {
  switch (end.kind) {
    case 'exit': return `exited with code ${end.code ?? 0}`;
    case 'signal': return `was ended by signal ${end.signal ?? 0}`;
    case 'oom': return `was killed for want of memory (signal ${end.signal ?? 9})`;
    case 'unknown': return `ended in a way that was not recorded (${end.reason ?? 'no record'})`;
  }
}
