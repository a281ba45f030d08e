/**
 * Cuts a stream into D-Bus messages (D-Bus specification, "Message Format"), of both byte orders. Only heads are kept:
 * bodies go by in the pieces in which they come. Guaranteed of a head: the lengths in it are within the specification's
 * bounds and add up. Its fields are not looked at.
 */
import { Violation } from './violation.ts';

/** Of a whole message, by the specification. */
const maxMessage = 2 ** 27;
/** Of a head: the specification allows more, but no real one comes near. It is all that one connection makes us keep. */
const maxHead = 65_536;
const fixedHead = 16;
const [littleEndianMark, bigEndianMark] = [0x6c, 0x42];

export interface Head {
  /** Fixed part, fields and padding; valid as long as the receiver likes. */
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  readonly bodyLength: number;
}

export interface FrameSink {
  onHead(head: Head): void;
  /** A piece of the body: a view, valid only during the call. */
  onBody(bytes: Uint8Array): void;
  onMessageEnd(): void;
}

export class Framer {
  readonly #sink: FrameSink;
  #head: Uint8Array = new Uint8Array(fixedHead);
  #filled = 0;
  #bodyLeft = 0;
  #stopped = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** A part of a head waits for the rest of it. */
  get inHead(): boolean {
    return this.#filled > 0;
  }

  /** To be called from the sink: `push` returns after the message that is going by. */
  stop(): void {
    this.#stopped = true;
  }

  /** How many of the bytes were taken: all, unless `stop` was called. Throws Violation. */
  push(bytes: Uint8Array): number {
    this.#stopped = false;
    for (let at = 0; ; ) {
      if (this.#stopped && this.#bodyLeft === 0) return at;
      if (at === bytes.length) return at;
      at += this.#bodyLeft > 0 ? this.#takeBody(bytes.subarray(at)) : this.#takeHead(bytes.subarray(at));
    }
  }

  #takeBody(bytes: Uint8Array): number {
    const piece = bytes.subarray(0, this.#bodyLeft);
    this.#bodyLeft -= piece.length;
    this.#sink.onBody(piece);
    if (this.#bodyLeft === 0) this.#sink.onMessageEnd();
    return piece.length;
  }

  #takeHead(bytes: Uint8Array): number {
    let taken = this.#fill(bytes, fixedHead);
    if (this.#filled < fixedHead) return taken;
    const { headLength, ...head } = measure(this.#head);
    if (this.#head.length < headLength) this.#head = enlarged(this.#head, headLength);
    taken += this.#fill(bytes.subarray(taken), headLength);
    if (this.#filled < headLength) return taken;
    const whole = this.#head;
    this.#head = new Uint8Array(fixedHead);
    this.#filled = 0;
    this.#bodyLeft = head.bodyLength;
    this.#sink.onHead({ bytes: whole, ...head });
    if (head.bodyLength === 0) this.#sink.onMessageEnd();
    return taken;
  }

  #fill(bytes: Uint8Array, upTo: number): number {
    const piece = bytes.subarray(0, Math.max(0, upTo - this.#filled));
    this.#head.set(piece, this.#filled);
    this.#filled += piece.length;
    return piece.length;
  }
}

function measure(fixed: Uint8Array): { headLength: number; bodyLength: number; littleEndian: boolean } {
  const mark = fixed[0];
  if (mark !== littleEndianMark && mark !== bigEndianMark) throw new Violation(`a D-Bus message begins with byte ${mark}, which is no byte order`);
  if (fixed[3] !== 1) throw new Violation(`a D-Bus message of protocol version ${fixed[3]}`);
  const littleEndian = mark === littleEndianMark;
  const view = new DataView(fixed.buffer, fixed.byteOffset, fixed.length);
  const bodyLength = view.getUint32(4, littleEndian);
  const headLength = fixedHead + aligned(view.getUint32(12, littleEndian), 8);
  if (headLength > maxHead) throw new Violation(`a D-Bus message with a head of ${headLength} bytes, more than ${maxHead}`);
  if (headLength + bodyLength > maxMessage) throw new Violation(`a D-Bus message of ${headLength + bodyLength} bytes, more than ${maxMessage}`);
  return { headLength, bodyLength, littleEndian };
}

function enlarged(bytes: Uint8Array, length: number): Uint8Array {
  const more = new Uint8Array(length);
  more.set(bytes);
  return more;
}

export function aligned(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}
