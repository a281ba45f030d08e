/**
 * What a filter sends to one side in one go: heads and small pieces become one write. Pieces are copied, or sent, before
 * `bytes` returns or at the next `flush`; a flush must come before the filter gives control back.
 */
import type { ChunkSink } from '@pv/http-wire/chunks';
import { chunkEnd, writeChunkStart } from '@pv/http-wire/write';
import type { FilterOutput, Side } from '@pv/pv-native/relay/filter';

/** A piece of this size is sent as it is: copying it would cost more than a write. */
const largeBytes = 16 * 1024;
const capacity = 128 * 1024;
/** Shared by all filters of the thread: empty between two of their turns. */
const scratch: Readonly<Record<Side, Buffer>> = { consumer: Buffer.allocUnsafeSlow(capacity), provider: Buffer.allocUnsafeSlow(capacity) };

export class Outbox {
  readonly #to: Side;
  readonly #out: FilterOutput;
  #used = 0;

  constructor(to: Side, out: FilterOutput) {
    this.#to = to;
    this.#out = out;
  }

  /** A character per byte; at most as long as a head may be, and our fields. */
  text(text: string): void {
    this.#makeRoom(text.length);
    this.#used += scratch[this.#to].write(text, this.#used, 'latin1');
  }

  bytes(piece: Uint8Array): void {
    if (piece.length >= largeBytes) {
      this.flush();
      return this.#out.send(this.#to, piece);
    }
    this.#makeRoom(piece.length);
    scratch[this.#to].set(piece, this.#used);
    this.#used += piece.length;
  }

  flush(): void {
    if (this.#used === 0) return;
    const used = this.#used;
    this.#used = 0;
    this.#out.send(this.#to, scratch[this.#to].subarray(0, used));
  }

  #makeRoom(length: number): void {
    if (this.#used + length > capacity) this.flush();
  }
}

/** Sends a body as it is read. `isChunked`: whether its chunks stay chunks. */
export function bodyTo(outbox: Outbox, isChunked: () => boolean): ChunkSink {
  return {
    onChunk: (size) => {
      if (isChunked()) outbox.text(writeChunkStart(size));
    },
    onData: (piece) => outbox.bytes(piece),
    onChunkEnd: () => {
      if (isChunked()) outbox.text(chunkEnd);
    },
  };
}
