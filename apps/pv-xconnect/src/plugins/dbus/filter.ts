/**
 * The filter of a `dbus` session. Without a policy it only stands in the handshake, and bytes and descriptors are
 * copied as they come afterwards; with one, each message is judged.
 */
import type { Filter, FilterOutput, MakeFilter, Side } from '@pv/pv-native/relay/filter';
import { Violation } from '@pv/dbus-wire/violation';
import { Handshake, type Progress } from './handshake.ts';
import { Messages, type MessagesState } from './messages.ts';
import { hasPolicy, type DbusSpec } from './policy.ts';

/** A consumer that says nothing keeps a connection to the bus. */
const handshakeMs = 30_000;

export const dbusFilterKind = 'dbus';

export const makeDbusFilter: MakeFilter = (spec, out, resumed) => new DbusFilter(spec as DbusSpec, out, resumed as MessagesState | undefined);

class DbusFilter implements Filter {
  readonly #spec: DbusSpec;
  readonly #out: FilterOutput;
  readonly #handshake: Handshake;
  #messages: Messages | undefined;
  /** During the handshake; it takes effect when what came before is passed on. */
  #consumerEnded = false;

  constructor(spec: DbusSpec, out: FilterOutput, resumed: MessagesState | undefined) {
    this.#spec = spec;
    this.#out = out;
    this.#handshake = new Handshake(out);
    if (resumed !== undefined) this.#messages = new Messages(spec, out, resumed);
  }

  onConnected(): void {
    this.#out.deadline(handshakeMs);
    this.#handshake.connected(this.#spec.uid);
  }

  onData(from: Side, bytes: Uint8Array, fds: readonly number[]): void {
    try {
      if (this.#messages !== undefined) this.#messages.push(from, bytes, fds);
      else this.#ofHandshake(this.#handshake.push(from, bytes), fds);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      const { speaker } = this.#messages ?? this.#handshake;
      // Descriptors that came after the handshake are the messages' to close.
      this.#abort(`the ${speaker} does not speak D-Bus as it should: ${error.message}`, this.#messages === undefined ? fds : []);
    }
  }

  onEnd(from: Side): void {
    if (this.#messages !== undefined) this.#messages.end(from);
    else if (from === 'consumer') this.#consumerEnded = true;
    else this.#out.finish();
  }

  onDeadline(): void {
    this.#out.abort(`the D-Bus handshake was not over after ${handshakeMs / 1000} s`);
  }

  /** Not during the handshake, which is short. */
  snapshot(): unknown {
    return this.#messages?.state();
  }

  onClosed(): void {
    this.#messages?.close();
  }

  #ofHandshake(progress: Progress, fds: readonly number[]): void {
    if (progress.kind === 'rejected') return this.#abort(`the bus does not take user ${this.#spec.uid}: ${progress.answer}`, fds);
    if (progress.kind === 'begun') return this.#begin(progress.rest, progress.descriptors, fds);
    if (fds.length > 0) this.#abort('descriptors in the D-Bus handshake', fds);
  }

  #begin(rest: Uint8Array, descriptors: boolean, fds: readonly number[]): void {
    this.#out.deadline(undefined);
    if (fds.length > 0 && (rest.length === 0 || !descriptors)) return this.#abort('descriptors in the D-Bus handshake', fds);
    if (hasPolicy(this.#spec)) {
      this.#messages = new Messages(this.#spec, this.#out);
      this.#messages.push('consumer', rest, fds);
      if (this.#consumerEnded) this.#messages.end('consumer');
    } else {
      if (rest.length > 0) this.#out.send('provider', rest, fds);
      if (this.#consumerEnded) this.#out.end('provider');
      this.#out.passThrough();
    }
  }

  #abort(reason: string, fds: readonly number[]): void {
    this.#messages?.close();
    this.#out.closeFds(fds);
    this.#out.abort(reason);
  }
}
