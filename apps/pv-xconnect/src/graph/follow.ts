/**
 * Follows pv-core's graph: one request at a time, held by pv-core until something changes. While pv-core is away
 * nothing is reported but one line per outage; what the last graph said stays in force. After an outage the graph is
 * read anew, since a new pv-core may give an old ETag a new meaning.
 */
import type { Clock, Random } from '@pv/runtime/clock';
import { backoff } from '../backoff.ts';
import type { Lines } from '../lines.ts';
import type { Fetched, FetchGraph } from './fetch.ts';
import type { GraphLink } from './parse.ts';

export interface FollowOptions {
  readonly fetch: FetchGraph;
  /** `changed`: false when pv-core only says, after the longest hold, that nothing is new. */
  readonly onGraph: (links: readonly GraphLink[], changed: boolean) => void;
  readonly lines: Lines;
  readonly clock: Clock;
  readonly random: Random;
}

export type Refreshed = { readonly kind: 'fresh' } | { readonly kind: 'failed'; readonly reason: string };

export interface Follower {
  /** Fetches the graph now; resolves after it has been handed to `onGraph`, or could not be fetched. */
  refresh(): Promise<Refreshed>;
  stop(): void;
}

const retryRange = { first: 0.02, max: 1 };
/** Seconds that a held answer without news takes at least, from a server that holds. */
const soonest = 1;

export function followGraph(options: FollowOptions): Follower {
  const loop = new FollowLoop(options);
  void loop.run();
  return { refresh: () => loop.refresh(), stop: () => loop.stop() };
}

class FollowLoop {
  readonly #options: FollowOptions;
  #stopped = false;
  #interrupt = new AbortController();
  #wake: () => void = () => undefined;
  readonly #waiters: ((result: Refreshed) => void)[] = [];
  #etag: string | undefined;
  /** Kind of the outage that was last complained about. */
  #outage: string | undefined = 'start';
  #failures = 0;

  constructor(options: FollowOptions) {
    this.#options = options;
  }

  refresh(): Promise<Refreshed> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.#etag = undefined;
      this.#interrupt.abort();
      this.#wake();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#interrupt.abort();
    this.#wake();
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      this.#interrupt = new AbortController();
      const waiters = this.#waiters.splice(0);
      const started = this.#options.clock.now();
      const fetched = await this.#options.fetch(this.#etag, this.#interrupt.signal);
      if (this.#interrupt.signal.aborted) {
        this.#waiters.unshift(...waiters);
        continue;
      }
      const pause = fetched.kind === 'graph' ? this.#take(fetched, started) : this.#complain(fetched);
      for (const resolve of waiters) resolve(fetched.kind === 'graph' ? { kind: 'fresh' } : { kind: 'failed', reason: fetched.reason });
      if (pause > 0 && this.#waiters.length === 0) await this.#pause(pause);
    }
  }

  /** Seconds to wait before the next request. */
  #take(fetched: Fetched & { kind: 'graph' }, started: number): number {
    const { lines, onGraph, clock } = this.#options;
    const changed = fetched.etag !== this.#etag;
    if (this.#outage !== undefined) lines.out('Connected to pv-ctrl');
    this.#outage = undefined;
    this.#failures = 0;
    this.#etag = fetched.etag;
    if (changed) for (const problem of fetched.problems) lines.err(problem);
    onGraph(fetched.links, changed);
    return changed || clock.now() - started >= soonest ? 0 : soonest;
  }

  #complain(fetched: Exclude<Fetched, { kind: 'graph' }>): number {
    if (this.#outage !== fetched.kind) this.#options.lines.err(fetched.problem);
    this.#outage = fetched.kind;
    this.#etag = undefined;
    this.#failures += 1;
    return backoff(retryRange, this.#failures, this.#options.random);
  }

  #pause(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(seconds, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
      if (this.#stopped) this.#wake();
    });
  }
}
