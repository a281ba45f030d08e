/** Notices that a session, half-open for good, stands still. */
import type { Loop } from './loop.ts';
import type { Timer } from './timers.ts';

export class Standstill {
  readonly #loop: Loop;
  readonly #ms: number;
  readonly #onStill: () => void;
  #timer: Timer | undefined;
  /** Reads and writes so far. */
  moves = 0;

  /** `onStill`: called when nothing moved for `ms`, once `watch` has been called. */
  constructor(loop: Loop, ms: number, onStill: () => void) {
    this.#loop = loop;
    this.#ms = ms;
    this.#onStill = onStill;
  }

  watch(): void {
    if (this.#timer !== undefined) return;
    const { moves } = this;
    this.#timer = this.#loop.after(this.#ms, () => {
      this.#timer = undefined;
      if (moves === this.moves) this.#onStill();
      else this.watch();
    });
  }

  cancel(): void {
    this.#timer?.cancel();
  }
}
