/**
 * The beginning of a session: two authentications, both ended here. What the consumer says of itself is not passed on;
 * to the bus it is the user whom the specification names, and that is also what the kernel says of the connection.
 * Lockstep: the consumer's question waits for the bus's answer, so the consumer's BEGIN is ours too.
 */
import type { FilterOutput, Side } from '@pv/pv-native/relay/filter';
import { SaslClient } from '@pv/dbus-wire/sasl-client';
import { saslLine } from '@pv/dbus-wire/sasl-lines';
import { rejection, SaslServer, type ServerStep } from '@pv/dbus-wire/sasl-server';

export type Progress = { readonly kind: 'going' } | { readonly kind: 'rejected'; readonly answer: string } | { readonly kind: 'begun'; readonly rest: Uint8Array; /** The bus takes descriptors. */ readonly descriptors: boolean };

const going: Progress = { kind: 'going' };

export class Handshake {
  /** Whose bytes are looked at: a violation is that side's. */
  speaker: Side = 'consumer';
  readonly #out: FilterOutput;
  readonly #server = new SaslServer();
  readonly #client = new SaslClient();
  #guid: string | undefined;
  #asked: 'identify' | 'descriptors' | undefined;
  #descriptors = false;
  #rejected: string | undefined;

  constructor(out: FilterOutput) {
    this.#out = out;
  }

  connected(uid: number): void {
    this.#out.send('provider', this.#client.start(uid));
  }

  /** Throws Violation. */
  push(from: Side, bytes: Uint8Array): Progress {
    this.speaker = from;
    if (from === 'provider') this.#ofProvider(bytes);
    else this.#server.receive(bytes);
    // Of the consumer, what came before it could be answered.
    this.speaker = 'consumer';
    return this.#go();
  }

  #ofProvider(bytes: Uint8Array): void {
    const step = this.#client.receive(bytes);
    if (step.kind === 'authenticated') this.#guid = step.guid;
    if (step.kind === 'rejected') this.#rejected = step.answer;
    if (step.kind === 'descriptors') this.#settle(this.#server.agreed((this.#descriptors = step.agreed)));
  }

  #go(): Progress {
    for (;;) {
      if (this.#asked === 'identify' && this.#rejected !== undefined) return this.#reject(this.#rejected);
      if (this.#asked === 'identify' && this.#guid !== undefined) this.#settle(this.#server.authenticated(this.#guid));
      const step = this.#server.next();
      if (step.kind === 'more') return going;
      if (step.kind === 'begun') return this.#begin(step.rest);
      this.#take(step);
    }
  }

  #take(step: Exclude<ServerStep, { kind: 'more' | 'begun' }>): void {
    if (step.kind === 'reply') return this.#out.send('consumer', step.bytes);
    this.#asked = step.kind;
    this.#out.pause('consumer');
    if (step.kind === 'descriptors') this.#out.send('provider', this.#client.negotiate());
  }

  #settle(answer: Uint8Array): void {
    this.#asked = undefined;
    this.#out.send('consumer', answer);
    this.#out.resume('consumer');
  }

  #reject(answer: string): Progress {
    this.#out.send('consumer', saslLine(rejection));
    return { kind: 'rejected', answer };
  }

  #begin(rest: Uint8Array): Progress {
    this.#out.send('provider', this.#client.begin());
    return { kind: 'begun', rest, descriptors: this.#descriptors };
  }
}
