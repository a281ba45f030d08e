/**
 * Counts connections, so that no caller can use up the door: a cap in total, one per container, and a part that
 * containers together cannot take from the host.
 */
import { hostName } from '@pv/contract/grammar';
import type { limits } from '@pv/contract/limits';

export type ConnectionLimits = { readonly [K in 'connections' | 'connectionsPerContainer' | 'connectionsForHost']: (typeof limits)[K] | number };

export class ConnectionCounter {
  readonly #limits: ConnectionLimits;
  readonly #byCaller = new Map<string, number>();
  #total = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** A function that gives the place back, or undefined when there is none. */
  take(caller: string): (() => void) | undefined {
    const own = this.#byCaller.get(caller) ?? 0;
    if (this.#total >= this.#limits.connections) return undefined;
    if (caller !== hostName && (own >= this.#limits.connectionsPerContainer || this.#ofContainers() >= this.#limits.connections - this.#limits.connectionsForHost)) return undefined;
    this.#add(caller, 1);
    return () => this.#add(caller, -1);
  }

  #ofContainers(): number {
    return this.#total - (this.#byCaller.get(hostName) ?? 0);
  }

  #add(caller: string, by: 1 | -1): void {
    this.#total += by;
    this.#byCaller.set(caller, (this.#byCaller.get(caller) ?? 0) + by);
  }
}
