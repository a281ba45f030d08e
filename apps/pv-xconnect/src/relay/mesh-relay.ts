/** The links' side of the relay: a number and a listener of events for each link that is served. */
import type { RelayCounters, RelayEvent, RelayLink, RelayProvider, SessionState } from '@pv/pv-native/relay/link';
import { Relay, type RelayOptions } from '@pv/pv-native/relay/relay';

export interface ServedLink {
  readonly id: number;
  useProvider(provider: RelayProvider | undefined): void;
  /** Sessions that another instance had under this link; they take their descriptors with them. */
  resume(sessions: readonly SessionState[]): void;
  /** Sessions end at once, or after `drainMs` at the latest. */
  remove(drainMs: number): void;
}

export class MeshRelay {
  readonly #relay: Relay;
  readonly #listeners = new Map<number, (event: RelayEvent) => void>();
  #last = 0;

  constructor(options: Omit<RelayOptions, 'onEvent'>) {
    this.#relay = new Relay({ ...options, onEvent: (event) => this.#listeners.get(event.link)?.(event) });
  }

  /** Takes over `link.listenFd`. The provider's descriptors are its pin's, which is closed by `afterOrders`. */
  serve(link: Omit<RelayLink, 'id'>, provider: RelayProvider, onEvent: (event: RelayEvent) => void): ServedLink {
    this.#last += 1;
    const id = this.#last;
    this.#listeners.set(id, onEvent);
    this.#relay.add({ ...link, id }, provider);
    return {
      id,
      useProvider: (next) => this.#relay.useProvider(id, next),
      resume: (sessions) => this.#relay.resume(id, sessions),
      remove: (drainMs) => this.#relay.remove(id, drainMs, () => this.#listeners.delete(id)),
    };
  }

  handOver(patienceMs: number): Promise<ReadonlyMap<number, readonly SessionState[]>> {
    return this.#relay.handOver(patienceMs);
  }

  afterOrders(work: () => void): void {
    this.#relay.afterOrders(work);
  }

  counters(): Promise<ReadonlyMap<number, RelayCounters>> {
    return this.#relay.counters();
  }

  stop(): Promise<void> {
    return this.#relay.stop();
  }
}
