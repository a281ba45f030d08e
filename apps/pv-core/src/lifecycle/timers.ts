/** Named timers of one container; arming one again replaces it. */
import type { Clock } from '@pv/runtime/clock';

export type TimerName = 'grace' | 'retry' | 'stable';

export class Timers {
  readonly #clock: Clock;
  readonly #armed = new Map<TimerName, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  arm(name: TimerName, seconds: number, then: () => void): void {
    this.cancel(name);
    this.#armed.set(name, this.#clock.after(seconds, () => {
      this.#armed.delete(name);
      then();
    }));
  }

  cancel(name: TimerName): void {
    this.#armed.get(name)?.();
    this.#armed.delete(name);
  }

  cancelAll(): void {
    for (const name of [...this.#armed.keys()]) this.cancel(name);
  }
}
