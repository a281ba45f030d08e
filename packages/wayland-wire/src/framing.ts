/**
 * Messages out of a stream of bytes, cut anywhere: object (u32), then size << 16 | opcode (u32), then arguments, all in
 * the machine's byte order. What is kept between two calls is less than one message, so less than 64 KiB. Descriptors are
 * no part of this: which message takes how many is known from its signature only.
 */
import { WireError } from './errors.ts';

export const headerBytes = 8;

/** Wayland's numbers are in the byte order of the machine on which both ends run. */
export const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

export interface Message {
  readonly object: number;
  readonly opcode: number;
  /** Within `Frames.bytes`, its header included. */
  readonly start: number;
  readonly end: number;
}

/** Whole messages, end to end. `bytes` may be the buffer that was given: valid as long as that one is. */
export interface Frames {
  readonly bytes: Uint8Array;
  readonly messages: readonly Message[];
}

export class Framing {
  #rest: Uint8Array = new Uint8Array();

  /** Whether it is between two messages. */
  get idle(): boolean {
    return this.#rest.length === 0;
  }

  /** The messages that `chunk` completes. Throws WireError for a size that no message has. */
  take(chunk: Uint8Array): Frames {
    const bytes = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk);
    const messages: Message[] = [];
    let at = 0;
    for (let message = readHeader(bytes, at); message !== undefined && message.end <= bytes.length; message = readHeader(bytes, at)) {
      messages.push(message);
      at = message.end;
    }
    this.#rest = bytes.slice(at);
    return { bytes: bytes.subarray(0, at), messages };
  }
}

function readHeader(bytes: Uint8Array, start: number): Message | undefined {
  if (start + headerBytes > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, headerBytes);
  const second = view.getUint32(4, littleEndian);
  const size = second >>> 16;
  if (size < headerBytes || size % 4 !== 0) throw new WireError(`a message of ${size} bytes`);
  return { object: view.getUint32(0, littleEndian), opcode: second & 0xffff, start, end: start + size };
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
