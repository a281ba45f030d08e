/** Arguments of messages: 32-bit words, and strings with their length, their NUL, and padding to a whole word. */
import { WireError } from './errors.ts';
import { headerBytes, littleEndian, type Message } from './framing.ts';

/** Reads a message's arguments in their order. Throws WireError where the message does not hold what is asked for. */
export class ArgumentReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = headerBytes;

  constructor(bytes: Uint8Array, { start, end }: Pick<Message, 'start' | 'end'>) {
    this.#bytes = bytes.subarray(start, end);
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
  }

  /** Also an object or a new_id. */
  uint(): number {
    return this.#view.getUint32(this.#skip(4), littleEndian);
  }

  int(): number {
    return this.#view.getInt32(this.#skip(4), littleEndian);
  }

  /** Never the null string. One with a NUL inside is refused: C would read less of it than we do. */
  string(): string {
    const length = this.uint();
    const at = this.#skip(Math.ceil(length / 4) * 4);
    const text = this.#bytes.subarray(at, at + length);
    if (length === 0 || text.indexOf(0) !== length - 1) throw new WireError('a string that does not end where its length says');
    return new TextDecoder().decode(text.subarray(0, -1));
  }

  #skip(count: number): number {
    const at = this.#at;
    if (at + count > this.#bytes.length) throw new WireError('a message that ends within its arguments');
    this.#at += count;
    return at;
  }
}

/** A number is an unsigned word (uint, object, new_id); `{ int }` a signed one. */
export type Argument = number | string | { readonly int: number };

/** One message. Throws WireError when it would be larger than any message can be. */
export function writeMessage(object: number, opcode: number, ...args: readonly Argument[]): Uint8Array {
  const parts = args.map(encode);
  const size = parts.reduce((sum, { length }) => sum + length, headerBytes);
  if (size > 0xffff) throw new WireError(`a message of ${size} bytes`);
  const message = new Uint8Array(size);
  message.set(word(object), 0);
  message.set(word(((size << 16) | opcode) >>> 0), 4);
  let at = headerBytes;
  for (const part of parts) {
    message.set(part, at);
    at += part.length;
  }
  return message;
}

function encode(argument: Argument): Uint8Array {
  if (typeof argument === 'number') return word(argument);
  if (typeof argument !== 'string') return word(argument.int >>> 0);
  const text = new TextEncoder().encode(argument);
  const padded = new Uint8Array(4 + Math.ceil((text.length + 1) / 4) * 4);
  padded.set(word(text.length + 1), 0);
  padded.set(text, 4);
  return padded;
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, littleEndian);
  return bytes;
}
