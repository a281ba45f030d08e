/** A Clock (see @pv/runtime/clock) that stands still until a test winds it. */
export class ManualClock {
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

  get pending(): number {
    return this.#timers.length;
  }

  /** Runs every timer that falls due, in order. */
  advance(seconds: number): void {
    const end = this.#now + seconds;
    while (this.#fire(end));
    this.#now = end;
  }

  /** As `advance`, but what is ready runs first, and the work that each timer starts is let through before the next one. */
  async wind(seconds: number): Promise<void> {
    await settle();
    const end = this.#now + seconds;
    while (this.#fire(end)) await settle();
    this.#now = end;
    await settle();
  }

  /** Whether there was one until then. */
  #fire(end: number): boolean {
    const [next] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
    if (next === undefined) return false;
    this.#timers = this.#timers.filter((timer) => timer !== next);
    this.#now = Math.max(this.#now, next.at);
    next.then();
    return true;
  }
}

/** Lets everything that is ready run. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 5; round++) await new Promise((resolve) => setImmediate(resolve));
}
