/** Reads marshalled values in order. What lies outside, or is no such value, is a violation. */
import { aligned } from './framing.ts';
import { Violation } from './violation.ts';

export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  #at: number;
  readonly #end: number;

  /** `start` and `end` are offsets in `bytes`; alignment counts from the beginning of `bytes`. */
  constructor(bytes: Uint8Array, littleEndian: boolean, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#littleEndian = littleEndian;
    this.#at = start;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  align(alignment: number): void {
    this.#at = aligned(this.#at, alignment);
  }

  byte(): number {
    return this.#view.getUint8(this.#take(1));
  }

  uint32(): number {
    this.align(4);
    return this.#view.getUint32(this.#take(4), this.#littleEndian);
  }

  /** Types `s` and `o`. */
  string(): string {
    return this.#text(this.uint32());
  }

  signature(): string {
    return this.#text(this.byte());
  }

  /** Type `as`. */
  strings(): string[] {
    const length = this.uint32();
    const inner = new WireReader(this.#bytes, this.#littleEndian, this.#at, this.#take(length) + length);
    const all: string[] = [];
    while (!inner.done) all.push(inner.string());
    return all;
  }

  /** Byte by byte: whatever is not ASCII stays different from every name. */
  #text(length: number): string {
    const start = this.#take(length + 1);
    let text = '';
    for (let at = start; at < start + length; at++) {
      const byte = this.#bytes[at] ?? 0;
      if (byte === 0) throw new Violation('a NUL inside a string of a D-Bus message');
      text += String.fromCharCode(byte);
    }
    if (this.#bytes[start + length] !== 0) throw new Violation('a string of a D-Bus message without its final NUL');
    return text;
  }

  #take(length: number): number {
    const start = this.#at;
    if (start + length > this.#end) throw new Violation('a value that reaches beyond the end of its D-Bus message');
    this.#at = start + length;
    return start;
  }
}
