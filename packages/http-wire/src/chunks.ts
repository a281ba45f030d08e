/** A chunked body (RFC 9112 7.1), incrementally: sizes, data, trailers. Extensions are checked and dropped. */
import { HttpWireError } from './errors.ts';
import { type Field, parseFields } from './fields.ts';
import { HeadBuffer } from './head-buffer.ts';
import { wireLimits } from './limits.ts';

export interface ChunkSink {
  /** Before the chunk's data; never 0. */
  onChunk(size: number): void;
  /** A part of the bytes that were given. */
  onData(piece: Uint8Array): void;
  /** After all of a chunk's data. */
  onChunkEnd(): void;
}

type State = 'size' | 'extension' | 'size LF' | 'data' | 'data CR' | 'data LF' | 'trailers' | 'over';

const [HTAB, LF, CR, SP, semicolon, DEL] = [0x09, 0x0a, 0x0d, 0x20, 0x3b, 0x7f];
const maxDigits = 16;

export class ChunkedBody {
  readonly #sink: ChunkSink;
  #state: State = 'size';
  #size = 0;
  #digits = 0;
  #extension = 0;
  #left = 0;
  #head: HeadBuffer | undefined;
  /** Once the body is over. */
  trailers: readonly Field[] | undefined;

  constructor(sink: ChunkSink) {
    this.#sink = sink;
  }

  /** Reads until the body or the bytes end; the offset after what it read. Throws HttpWireError. */
  take(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && this.#state !== 'over') {
      if (this.#state === 'data') at = this.#takeData(bytes, at);
      else if (this.#state === 'trailers') at = this.#takeTrailers(bytes, at);
      else this.#takeByte(bytes[at++] ?? 0);
    }
    return at;
  }

  #takeByte(byte: number): void {
    switch (this.#state) {
      case 'size':
        return this.#takeSize(byte);
      case 'extension':
        return this.#takeExtension(byte);
      case 'size LF':
        this.#expect(byte, LF, "a chunk's size");
        return this.#begin();
      case 'data CR':
        this.#expect(byte, CR, "a chunk's data");
        this.#state = 'data LF';
        return;
      default:
        this.#expect(byte, LF, "a chunk's data");
        this.#state = 'size';
        this.#sink.onChunkEnd();
    }
  }

  #takeSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit === undefined) return this.#endSize(byte);
    this.#digits += 1;
    this.#size = this.#size * 16 + digit;
    if (this.#digits > maxDigits || !Number.isSafeInteger(this.#size)) throw new HttpWireError("a chunk's size beyond any body");
  }

  #endSize(byte: number): void {
    if (this.#digits === 0 || (byte !== CR && byte !== semicolon)) throw new HttpWireError("a chunk's size that is not a hexadecimal number");
    this.#extension = 0;
    this.#state = byte === CR ? 'size LF' : 'extension';
  }

  #takeExtension(byte: number): void {
    if (byte === CR) {
      this.#state = 'size LF';
      return;
    }
    this.#extension += 1;
    if ((byte < SP && byte !== HTAB) || byte === DEL) throw new HttpWireError("a control character in a chunk's extension");
    if (this.#extension > wireLimits.extensionBytes) throw new HttpWireError(`a chunk's extension of more than ${wireLimits.extensionBytes} bytes`);
  }

  #begin(): void {
    this.#left = this.#size;
    this.#size = 0;
    this.#digits = 0;
    this.#state = this.#left === 0 ? 'trailers' : 'data';
    if (this.#left > 0) this.#sink.onChunk(this.#left);
  }

  #takeData(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#sink.onData(bytes.subarray(at, end));
    this.#left -= end - at;
    if (this.#left === 0) this.#state = 'data CR';
    return end;
  }

  #takeTrailers(bytes: Uint8Array, at: number): number {
    this.#head ??= new HeadBuffer();
    const end = this.#head.take(bytes, at);
    const text = this.#head.takeText();
    if (text === undefined) return end;
    this.trailers = parseFields(text, 0);
    this.#state = 'over';
    return end;
  }

  #expect(byte: number, wanted: number, after: string): void {
    if (byte !== wanted) throw new HttpWireError(`no CRLF after ${after}`);
  }
}

function hexDigit(byte: number): number | undefined {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined;
}
