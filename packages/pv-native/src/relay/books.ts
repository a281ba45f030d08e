/** What a link's sessions do, counted; and what they may hold together. Events go out in bundles, so that no client can flood the log. */
import type { RelayCounters, RelayEvent } from './link.ts';
import type { Side } from './filter.ts';

/** Per link. */
export const relayLimits = {
  /** Further connections wait in the listener's backlog. */
  sessions: 128,
  /** Descriptors that were received and not yet passed on. */
  waitingFds: 512,
  /** Bytes that a filter may have queued for one end: it answers somebody who does not read. */
  waitingBytes: 1024 * 1024,
  /** Different lines per link and tick; the rest is only counted. */
  events: 16,
  /** Characters of such a line: it may hold what a client sent, a path of 60 KiB, say. */
  eventText: 1000,
} as const;

/** Of events with a text. */
type EventKind = Exclude<RelayEvent['kind'], 'accepted'>;

export class LinkBooks {
  readonly #link: number;
  readonly #wake: () => void;
  readonly #events = new Map<string, { kind: EventKind; text: string; count: number }>();
  sessions = 0;
  waitingFds = 0;
  /** Of `RelayCounters`. */
  ownDoor: boolean | undefined;
  #accepted = 0;
  #acceptedUntold = 0;
  #toProvider = 0;
  #toConsumer = 0;
  #descriptors = 0;
  #refused = 0;
  #lastError: string | undefined;

  /** `wake`: called when there are events to take. */
  constructor(link: number, wake: () => void) {
    this.#link = link;
    this.#wake = wake;
  }

  moved(to: Side, bytes: number, fds: number): void {
    if (to === 'provider') this.#toProvider += bytes;
    else this.#toConsumer += bytes;
    this.#descriptors += fds;
  }

  accepted(): void {
    this.#accepted += 1;
    this.#acceptedUntold += 1;
    this.#wake();
  }

  refused(text: string): void {
    this.#refused += 1;
    this.say('refused', text);
  }

  failed(reason: string): void {
    this.#lastError = shortened(reason);
    this.say('failed', reason);
  }

  absent(reason: string): void {
    this.#lastError = shortened(reason);
    this.say('absent', reason);
  }

  say(kind: EventKind, whole: string): void {
    const text = shortened(whole);
    const key = `${kind} ${text}`;
    const known = this.#events.get(key);
    if (known !== undefined) known.count += 1;
    else if (this.#events.size < relayLimits.events) this.#events.set(key, { kind, text, count: 1 });
    this.#wake();
  }

  takeEvents(): RelayEvent[] {
    const events = [...this.#events.values()].map(({ kind, text, count }): RelayEvent => ({ kind, link: this.#link, text, count }));
    if (this.#acceptedUntold > 0) events.unshift({ kind: 'accepted', link: this.#link, count: this.#acceptedUntold });
    this.#acceptedUntold = 0;
    this.#events.clear();
    return events;
  }

  counters(): RelayCounters {
    return {
      sessions: this.sessions, accepted: this.#accepted, bytesToProvider: this.#toProvider, bytesToConsumer: this.#toConsumer,
      descriptors: this.#descriptors, refused: this.#refused, ...(this.ownDoor === undefined ? {} : { ownDoor: this.ownDoor }),
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }
}

function shortened(text: string): string {
  return text.length > relayLimits.eventText ? `${text.slice(0, relayLimits.eventText)}...` : text;
}
