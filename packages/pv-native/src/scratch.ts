/**
 * Memory with a known address, for system calls that are made too often to have their arguments converted: they get
 * plain numbers. Offsets are the caller's to keep apart and aligned. The memory never moves and lives as long as this.
 */
import koffi from 'koffi';
import { libc } from './libc.ts';

/** Bytes of a pointer and of a size_t. */
export const wordBytes = koffi.sizeof('void *');

const memmove: (to: Uint8Array, from: Uint8Array, count: number) => number = libc.func('memmove', 'uintptr_t', ['void *', 'void *', 'size_t']);

export class Scratch {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #base: number;

  constructor(size: number) {
    const memory = new ArrayBuffer(size);
    this.bytes = new Uint8Array(memory);
    this.view = new DataView(memory);
    // Copying nothing returns where it would have gone.
    this.#base = memmove(this.bytes, this.bytes, 0);
  }

  address(offset: number): number {
    return this.#base + offset;
  }

  /** A pointer or size_t at `offset`. Addresses have at most 48 bits, so a number holds them exactly. */
  setWord(offset: number, value: number): void {
    this.view.setUint32(offset, value >>> 0, true);
    if (wordBytes === 8) this.view.setUint32(offset + 4, Math.floor(value / 2 ** 32), true);
  }

  /** Below 2^32. */
  word(offset: number): number {
    return this.view.getUint32(offset, true);
  }

  /** `value`, not negative, in decimal digits; their number. */
  setDecimal(offset: number, value: number): number {
    let digits = 1;
    for (let rest = value; rest >= 10; rest = Math.trunc(rest / 10)) digits += 1;
    for (let at = offset + digits - 1, rest = value; at >= offset; at -= 1, rest = Math.trunc(rest / 10)) this.bytes[at] = 0x30 + (rest % 10);
    return digits;
  }

  setText(offset: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, offset);
    this.bytes[offset + bytes.length] = 0;
  }
}
