/**
 * The lines of a D-Bus authentication: printable ASCII, ended by CR LF, each at most 16 KiB, at most 32 of them. Any
 * other byte (a second NUL, a lone CR or LF, UTF-8) is a violation: real authentication has none of them.
 */
import { Violation } from './violation.ts';

const maxLine = 16_384;
const maxLines = 32;
const [CR, LF, SPACE, TILDE] = [0x0d, 0x0a, 0x20, 0x7e] as const;

export class SaslLines {
  #bytes: Uint8Array = new Uint8Array(0);
  /** How many of them are known to be of the line that is coming. */
  #checked = 0;
  #lines = 0;

  receive(bytes: Uint8Array): void {
    this.#bytes = joined(this.#bytes, bytes);
  }

  /** The next line without its end; undefined: more bytes are needed. Throws Violation. */
  next(): string | undefined {
    const end = this.#endOfLine();
    if (end === undefined || end + 1 === this.#bytes.length) return undefined;
    if (this.#bytes[end + 1] !== LF) throw new Violation('a CR without LF in the D-Bus handshake');
    this.#lines += 1;
    if (this.#lines > maxLines) throw new Violation(`more than ${maxLines} lines in the D-Bus handshake`);
    const line = String.fromCharCode(...this.#bytes.subarray(0, end));
    this.#bytes = this.#bytes.subarray(end + 2);
    this.#checked = 0;
    return line;
  }

  /** Looks at each byte once. */
  #endOfLine(): number | undefined {
    for (; this.#checked < this.#bytes.length; this.#checked++) {
      const byte = this.#bytes[this.#checked] ?? 0;
      if (byte === CR) return this.#checked;
      if (byte < SPACE || byte > TILDE) throw new Violation(`byte ${byte} in a line of the D-Bus handshake`);
      if (this.#checked === maxLine) throw new Violation(`a line of the D-Bus handshake has more than ${maxLine} bytes`);
    }
    return undefined;
  }

  /** What follows the last line, and is no line any more. */
  rest(): Uint8Array {
    const rest = this.#bytes;
    this.#bytes = new Uint8Array(0);
    return rest;
  }
}

/** The command, and what follows its first blanks. */
export function splitLine(line: string): { command: string; argument: string } {
  const blank = line.indexOf(' ');
  if (blank < 0) return { command: line, argument: '' };
  return { command: line.slice(0, blank), argument: line.slice(blank).trim() };
}

export function saslLine(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\r\n`);
}

/** A copy always: what comes in may be a buffer that is used again. */
export function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
