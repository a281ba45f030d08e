/** The time that one container has to reach its status goal: from its first start, or its first retry, on. */
import type { Clock } from '@pv/runtime/clock';
import type { Logger } from '@pv/runtime/log';

export interface GoalTimeDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** The time is over. */
  changed(): void;
}

export class GoalTime {
  timedOut = false;
  readonly #name: string;
  /** Seconds. */
  readonly #timeout: number;
  readonly #deps: GoalTimeDeps;
  #cancel: (() => void) | undefined;

  constructor(name: string, timeout: number, deps: GoalTimeDeps) {
    this.#name = name;
    this.#timeout = timeout;
    this.#deps = deps;
  }

  /** Runs on over crashes and retries: a container that never comes up must not hold the later groups for ever. */
  begin(): void {
    if (this.timedOut || this.#cancel !== undefined) return;
    const { clock, log, changed } = this.#deps;
    log.debug(`setting status goal timer of ${this.#timeout} secs for platform '${this.#name}'`);
    this.#cancel = clock.after(this.#timeout, () => {
      this.#cancel = undefined;
      this.timedOut = true;
      log.error(`platform '${this.#name}' status goal timed out after waiting for more than ${this.#timeout} secs`);
      changed();
    });
  }

  /** The goal is reached, or no longer wanted. */
  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.timedOut = false;
  }
}
