/** A clock that a test winds by hand. */
import type { Clock } from '@pv/runtime/clock';

export class ManualClock implements Clock {
  #now = 1000;
  #timers: { at: number; then: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(seconds: number, then: () => void): () => void {
    const timer = { at: this.#now + seconds, then };
    this.#timers.push(timer);
    return () => void (this.#timers = this.#timers.filter((other) => other !== timer));
  }

  /** What is ready runs first; then due timers fire in order, and the work that they start is let through. */
  async wind(seconds: number): Promise<void> {
    await settle();
    const end = this.#now + seconds;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.then();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets everything that is ready run. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 5; round++) await new Promise((resolve) => setImmediate(resolve));
}
