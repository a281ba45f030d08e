/**
 * HTTP messages out of a stream of bytes, cut anywhere, one after the other. Bodies are given as they come, as parts of
 * the bytes that were given, and never kept; a head is kept until it is whole. After an HttpWireError a reader is of no
 * further use: where the next message begins is not known.
 */
import { ChunkedBody, type ChunkSink } from './chunks.ts';
import { HttpWireError } from './errors.ts';
import type { Field } from './fields.ts';
import type { Body } from './framing.ts';
import { HeadBuffer } from './head-buffer.ts';

export interface MessageKind<Head> {
  readonly parse: (text: string) => Head;
  /** Throws for what no start line can be. */
  readonly checkStart: (line: string) => void;
  /** RFC 9112 2.2: an empty line before a request is ignored. */
  readonly mayFollowEmptyLine: boolean;
}

export interface MessageSink<Head> extends ChunkSink {
  /** The whole head; says how the body is framed. */
  onHead(head: Head): Body;
  /** The message is over. `trailers`: only of a chunked body. */
  onMessageEnd(trailers: readonly Field[] | undefined): void;
}

type State = { readonly kind: 'head' } | { readonly kind: 'length'; left: number } | { readonly kind: 'chunked'; readonly body: ChunkedBody } | { readonly kind: 'close' };

const head: State = { kind: 'head' };

export class MessageReader<Head> {
  readonly #kind: MessageKind<Head>;
  readonly #sink: MessageSink<Head>;
  readonly #buffer: HeadBuffer;
  #state: State = head;
  #emptyLines = 0;

  constructor(kind: MessageKind<Head>, sink: MessageSink<Head>) {
    this.#kind = kind;
    this.#sink = sink;
    this.#buffer = new HeadBuffer(kind.checkStart);
  }

  /** Nothing of a message has come since the last one. */
  get isBetween(): boolean {
    return this.#state.kind === 'head' && this.#buffer.isEmpty;
  }

  /** Reads until a message or the bytes end; the offset after what it read. Throws HttpWireError. */
  take(bytes: Uint8Array, from: number): number {
    const state = this.#state;
    switch (state.kind) {
      case 'head':
        return this.#takeHead(bytes, from);
      case 'length':
        return this.#takeLength(state, bytes, from);
      case 'chunked':
        return this.#takeChunks(state.body, bytes, from);
      case 'close':
        if (from < bytes.length) this.#sink.onData(bytes.subarray(from));
        return bytes.length;
    }
  }

  /** End of stream. `cut`: within a message. */
  end(): 'between' | 'whole' | 'cut' {
    if (this.#state.kind === 'close') {
      this.#over(undefined);
      return 'whole';
    }
    return this.isBetween ? 'between' : 'cut';
  }

  #takeHead(bytes: Uint8Array, from: number): number {
    const at = this.#buffer.take(bytes, from);
    const text = this.#buffer.takeText();
    if (text === undefined) return at;
    if (text === '') {
      this.#emptyLines += 1;
      if (!this.#kind.mayFollowEmptyLine || this.#emptyLines > 1) throw new HttpWireError('an empty line in place of a message');
      return at;
    }
    this.#emptyLines = 0;
    this.#begin(this.#sink.onHead(this.#kind.parse(text)));
    return this.#state === head ? at : this.take(bytes, at);
  }

  #begin(body: Body): void {
    if (body.kind === 'none' || (body.kind === 'length' && body.length === 0)) this.#over(undefined);
    else if (body.kind === 'length') this.#state = { kind: 'length', left: body.length };
    else if (body.kind === 'chunked') this.#state = { kind: 'chunked', body: new ChunkedBody(this.#sink) };
    else this.#state = { kind: 'close' };
  }

  #takeLength(state: { left: number }, bytes: Uint8Array, from: number): number {
    const end = Math.min(bytes.length, from + state.left);
    if (end > from) this.#sink.onData(bytes.subarray(from, end));
    state.left -= end - from;
    if (state.left === 0) this.#over(undefined);
    return end;
  }

  #takeChunks(body: ChunkedBody, bytes: Uint8Array, from: number): number {
    const at = body.take(bytes, from);
    if (body.trailers !== undefined) this.#over(body.trailers);
    return at;
  }

  #over(trailers: readonly Field[] | undefined): void {
    this.#state = head;
    this.#sink.onMessageEnd(trailers);
  }
}
