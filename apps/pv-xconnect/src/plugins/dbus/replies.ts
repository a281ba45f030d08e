/**
 * Who waits for a reply, so that a reply passes once, and only to who asked. Serials from `ownSerials` up are the
 * filter's own; a consumer may not use them, nor one again that still waits: its reply would be handled as another's.
 */
import { Violation } from '@pv/dbus-wire/violation';
import type { Answer, Expect } from './verdict.ts';

export type Awaited =
  | { readonly kind: Expect }
  /** The reply, whatever it says, is replaced. */
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** The filter's own questions. */
  | { readonly kind: 'own-watch' | 'own-list' }
  | { readonly kind: 'own-owner'; readonly name: string };

const ownSerials = 0xffff0000;
const maxSerial = 0xffffffff;
/** About half a megabyte of a session, per direction. More calls at once are an attack, or a client that never reads. */
const maxOutstanding = 4096;

/** Plain arrays: it may go through JSON. */
export interface OpenReplies {
  readonly toConsumer: readonly (readonly [number, Awaited])[];
  readonly toPeers: readonly string[];
  readonly nextOwn: number;
}

export class Replies {
  readonly #toConsumer: Map<number, Awaited>;
  readonly #toPeers: Set<string>;
  #nextOwn: number;

  constructor({ toConsumer, toPeers, nextOwn }: OpenReplies = { toConsumer: [], toPeers: [], nextOwn: ownSerials }) {
    this.#toConsumer = new Map(toConsumer);
    this.#toPeers = new Set(toPeers);
    this.#nextOwn = nextOwn;
  }

  open(): OpenReplies {
    return { toConsumer: [...this.#toConsumer], toPeers: [...this.#toPeers], nextOwn: this.#nextOwn };
  }

  /** Throws Violation. */
  await(serial: number, awaited: Awaited): void {
    if (serial >= ownSerials) throw new Violation(`a call with serial ${serial}, which is above ${ownSerials - 1}`);
    if (this.#toConsumer.has(serial)) throw new Violation(`a call with serial ${serial}, which still waits for its reply`);
    if (this.#toConsumer.size >= maxOutstanding) throw new Violation(`more than ${maxOutstanding} calls that wait for their replies`);
    this.#toConsumer.set(serial, awaited);
  }

  /** The serial for it; undefined: they are used up. */
  awaitOwn(awaited: Awaited): number | undefined {
    if (this.#nextOwn > maxSerial) return undefined;
    this.#toConsumer.set(this.#nextOwn, awaited);
    return this.#nextOwn++;
  }

  take(serial: number): Awaited | undefined {
    const awaited = this.#toConsumer.get(serial);
    this.#toConsumer.delete(serial);
    return awaited;
  }

  /** A peer on the bus has called the consumer. The oldest is forgotten when there are too many. */
  called(sender: string, serial: number): void {
    this.#toPeers.add(`${sender} ${serial}`);
    const [oldest] = this.#toPeers;
    if (this.#toPeers.size > maxOutstanding && oldest !== undefined) this.#toPeers.delete(oldest);
  }

  /** Whether this reply of the consumer is waited for; the next one is not. */
  answered(destination: string, replySerial: number): boolean {
    return this.#toPeers.delete(`${destination} ${replySerial}`);
  }
}
