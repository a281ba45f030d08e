/**
 * Collects the lines of a head, or of trailers, up to the blank line that ends them, however they are cut. Every line ends
 * with CRLF; an LF of its own is refused here, a CR of its own by whoever reads the text. At most `wireLimits.headBytes`
 * are kept.
 */
import { HttpWireError } from './errors.ts';
import { wireLimits } from './limits.ts';

const [CR, LF] = [13, 10];
const firstCapacity = 1024;

export class HeadBuffer {
  /** Given the first line as soon as it is there, when more lines are awaited: what is no HTTP should not wait for ever. */
  readonly #onFirstLine: ((line: string) => void) | undefined;
  #held = new Uint8Array();
  #length = 0;
  /** Start of the first line that is not known to be whole. */
  #line = 0;
  #text: string | undefined;

  constructor(onFirstLine?: (line: string) => void) {
    this.#onFirstLine = onFirstLine;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** The lines with their CRLFs, without the blank one, a character per byte; undefined until that one has come. Given once. */
  takeText(): string | undefined {
    const text = this.#text;
    this.#text = undefined;
    return text;
  }

  /** Takes bytes from `at` up to the blank line; the offset after what it took. */
  take(bytes: Uint8Array, at: number): number {
    if (this.#length === 0) {
      const end = this.#scan(bytes, at, at, bytes.length);
      if (end !== undefined) {
        this.#text = latin1(bytes, at, end - 2);
        return end;
      }
    }
    return this.#takeHeld(bytes, at);
  }

  #takeHeld(bytes: Uint8Array, at: number): number {
    const before = this.#length;
    const isFirst = this.#line === 0;
    this.#append(bytes.subarray(at, at + wireLimits.headBytes - before));
    const end = this.#scan(this.#held, 0, this.#line, this.#length);
    if (end === undefined) {
      if (this.#length >= wireLimits.headBytes) throw new HttpWireError(`a head of more than ${wireLimits.headBytes} bytes`);
      if (isFirst && this.#line > 0) this.#onFirstLine?.(latin1(this.#held, 0, this.#held.indexOf(LF) - 1));
      return bytes.length;
    }
    this.#text = latin1(this.#held, 0, end - 2);
    this.#length = 0;
    this.#line = 0;
    this.#held = new Uint8Array();
    return at + end - before;
  }

  /** The offset after the blank line, of lines that begin at `start`; those before `from` are known. */
  #scan(bytes: Uint8Array, start: number, from: number, length: number): number | undefined {
    let line = from;
    for (let at = bytes.indexOf(LF, line); at >= 0 && at < length; at = bytes.indexOf(LF, line)) {
      if (at === line || bytes[at - 1] !== CR) throw new HttpWireError('a line that ends with LF alone');
      if (at + 1 - start > wireLimits.headBytes) throw new HttpWireError(`a head of more than ${wireLimits.headBytes} bytes`);
      if (at === line + 1) return at + 1;
      line = at + 1;
    }
    if (bytes === this.#held) this.#line = line;
    return undefined;
  }

  #append(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#held.length) {
      const grown = new Uint8Array(Math.max(firstCapacity, needed, Math.min(2 * this.#held.length, wireLimits.headBytes)));
      grown.set(this.#held.subarray(0, this.#length));
      this.#held = grown;
    }
    this.#held.set(bytes, this.#length);
    this.#length = needed;
  }
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1', start, end);
}
