/**
 * One direction of a filtered Wayland connection: whole messages go on or are dropped, descriptors always go on, in the
 * order in which they came and with the first byte that is sent after they came. A Wayland peer keeps descriptors in a
 * queue from which its messages take, so early is right and late, or out of order, is not.
 */
import type { FilterOutput, Side } from '@pv/pv-native/relay/filter';
import { WireError } from '@pv/wayland-wire/errors';
import { Framing, type Frames, type Message } from '@pv/wayland-wire/framing';

/** `stop`: neither this message nor anything after it. */
export type Verdict = 'pass' | 'drop' | 'stop';
export type Judge = (message: Message, bytes: Uint8Array) => Verdict;

/** libwayland's MAX_FDS_OUT: a peer takes no more with one read; more would be lost. */
const fdsPerSend = 28;
/** What a message's header has bytes for, and more than any sender has reason to send ahead. */
const maxHeld = 7 * fdsPerSend;

export class Forwarder {
  readonly #to: Side;
  readonly #out: FilterOutput;
  readonly #judge: Judge;
  readonly #framing = new Framing();
  /** Came with bytes that were not sent. */
  #held: number[] = [];

  constructor(to: Side, out: FilterOutput, judge: Judge) {
    this.#to = to;
    this.#out = out;
    this.#judge = judge;
  }

  /** Whether all that came has been judged and sent. */
  get idle(): boolean {
    return this.#framing.idle && this.#held.length === 0;
  }

  /** False after a `stop`. Throws WireError; the descriptors are kept until `close` then. */
  take(chunk: Uint8Array, fds: readonly number[]): boolean {
    this.#held.push(...fds);
    // Before anything is sent: the shortest message has no byte for more.
    if (this.#held.length > maxHeld) throw new WireError(`${this.#held.length} descriptors at once`);
    return this.#forward(this.#framing.take(chunk));
  }

  close(): void {
    this.#out.closeFds(this.#held.splice(0));
  }

  #forward({ bytes, messages }: Frames): boolean {
    let start = 0;
    for (const message of messages) {
      const verdict = this.#judge(message, bytes);
      if (verdict === 'pass') continue;
      this.#send(bytes.subarray(start, message.start));
      if (verdict === 'stop') return false;
      start = message.end;
    }
    this.#send(bytes.subarray(start));
    return true;
  }

  #send(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    let at = 0;
    while (this.#held.length > fdsPerSend) {
      this.#out.send(this.#to, bytes.subarray(at, at + 1), this.#held.splice(0, fdsPerSend));
      at += 1;
    }
    this.#out.send(this.#to, bytes.subarray(at), this.#held.splice(0));
  }
}
