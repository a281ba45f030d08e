/**
 * One direction of a filtered session. Each message is passed on with exactly the descriptors that its head counts,
 * skipped, or read whole (within a bound) before that is decided. Descriptors are closed here whatever happens.
 */
import type { FilterOutput, Side } from '@pv/pv-native/relay/filter';
import { Framer, type Head } from '@pv/dbus-wire/framing';
import { readHeader, type Header } from '@pv/dbus-wire/header';
import { joined } from '@pv/dbus-wire/sasl-lines';
import { Violation } from '@pv/dbus-wire/violation';

export interface Message {
  readonly head: Head;
  readonly header: Header;
}

export interface Whole extends Message {
  readonly body: Uint8Array;
}

/** `read`: the judge's `onWhole` says what to do. */
export type Handling = 'pass' | 'skip' | 'read';

export interface Judge {
  onHead(message: Message): Handling;
  /** What to send instead of the message, or whether to pass it on as it is. */
  onWhole(message: Whole): Uint8Array | 'pass' | 'skip';
  /** The message has gone by. */
  onGone?(message: Message): void;
  /** The longest body that is read. */
  readonly maxBody: number;
}

const maxDescriptors = 253;

export class Passage {
  readonly #to: Side;
  readonly #out: FilterOutput;
  readonly #judge: Judge;
  readonly #framer: Framer;
  /** Came, and not yet claimed by a message. */
  readonly #arrived: number[] = [];
  #message: (Message & { readonly handling: Handling; fds: readonly number[] }) | undefined;
  /** Of a message that is read. */
  #body: Uint8Array = new Uint8Array(0);
  #bodyFilled = 0;

  constructor(to: Side, out: FilterOutput, judge: Judge) {
    this.#to = to;
    this.#out = out;
    this.#judge = judge;
    this.#framer = new Framer({ onHead: (head) => this.#onHead(head), onBody: (bytes) => this.#onBody(bytes), onMessageEnd: () => this.#onMessageEnd() });
  }

  /** How many bytes were taken: all, unless `stop` was called meanwhile. Throws Violation. */
  push(bytes: Uint8Array, fds: readonly number[]): number {
    this.keep(fds);
    const taken = this.#framer.push(bytes);
    // They come with the first byte of their message, so its head is not complete, or they belong to none.
    if (taken === bytes.length && this.#arrived.length > 0 && !this.#framer.inHead) throw new Violation('descriptors that no D-Bus message counts');
    if (this.#arrived.length > maxDescriptors) throw new Violation(`more than ${maxDescriptors} descriptors for one D-Bus message`);
    return taken;
  }

  /** Descriptors of bytes that are pushed later. */
  keep(fds: readonly number[]): void {
    for (const fd of fds) this.#arrived.push(fd);
  }

  /** Nothing is taken after the present message, until the next `push`. */
  stop(): void {
    this.#framer.stop();
  }

  /** Between two messages. */
  get idle(): boolean {
    return this.#message === undefined && !this.#framer.inHead && this.#arrived.length === 0;
  }

  close(): void {
    this.#out.closeFds(this.#arrived.splice(0));
    if (this.#message !== undefined) this.#out.closeFds(this.#release(this.#message));
    this.#message = undefined;
  }

  #onHead(head: Head): void {
    const header = readHeader(head);
    const fds = this.#claim(header.unixFds ?? 0);
    const message = { head, header, handling: 'skip' as Handling, fds };
    this.#message = message;
    message.handling = this.#judge.onHead(message);
    if (message.handling === 'read') this.#expectBody(head.bodyLength);
    if (message.handling === 'pass') this.#send(message, head.bytes);
    if (message.handling === 'skip') this.#out.closeFds(this.#release(message));
  }

  #expectBody(length: number): void {
    if (length > this.#judge.maxBody) throw new Violation(`a body of ${length} bytes, more than ${this.#judge.maxBody}, where it must be read`);
    this.#body = new Uint8Array(length);
    this.#bodyFilled = 0;
  }

  #onBody(bytes: Uint8Array): void {
    if (this.#message?.handling === 'pass') this.#out.send(this.#to, bytes);
    if (this.#message?.handling !== 'read') return;
    this.#body.set(bytes, this.#bodyFilled);
    this.#bodyFilled += bytes.length;
  }

  #onMessageEnd(): void {
    const message = this.#message;
    if (message === undefined) return;
    if (message.handling === 'read') this.#decide(message);
    this.#message = undefined;
    this.#judge.onGone?.(message);
  }

  #decide(message: Message & { fds: readonly number[] }): void {
    const { head, header } = message;
    const body = this.#body;
    const decision = this.#judge.onWhole({ head, header, body });
    if (decision === 'pass') this.#send(message, joined(head.bytes, body));
    else this.#out.closeFds(this.#release(message));
    if (typeof decision !== 'string') this.#out.send(this.#to, decision);
  }

  #send(message: { fds: readonly number[] }, bytes: Uint8Array): void {
    this.#out.send(this.#to, bytes, this.#release(message));
  }

  #release(message: { fds: readonly number[] }): readonly number[] {
    const { fds } = message;
    message.fds = [];
    return fds;
  }

  #claim(count: number): readonly number[] {
    if (count > this.#arrived.length) throw new Violation(`a D-Bus message that counts ${count} descriptors, and ${this.#arrived.length} came`);
    return this.#arrived.splice(0, count);
  }
}
