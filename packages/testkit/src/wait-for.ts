/** Waiting with a bound, instead of sleeping: a test goes on as soon as it can, and says what it waited for when it cannot. */
import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** Ends the sentence "... ms passed without ...". */
  readonly what: string;
  /** Milliseconds; 10 s when not given. A bound for a machine under load, not an expectation. */
  readonly timeoutMs?: number;
  /** Milliseconds between two looks; 20 when not given. */
  readonly everyMs?: number;
  /** Added to the message of a timeout: a log, a state. */
  readonly detail?: () => string | Promise<string>;
}

/** Looks until `check` gives something other than undefined, false or null, and resolves with it. What `check` throws ends the wait. */
export async function waitFor<T>(check: () => T | undefined | false | null | Promise<T | undefined | false | null>, options: WaitOptions): Promise<T> {
  const { what, timeoutMs = 10_000, everyMs = 20, detail } = options;
  const end = performance.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false && value !== null) return value;
    if (performance.now() > end) throw new Error(`${timeoutMs} ms passed without ${what}${detail === undefined ? '' : `\n${await detail()}`}`);
    await delay(everyMs);
  }
}
