/** What all sessions of a link are made with. */
import type { LinkBooks } from './books.ts';
import type { Buffers } from './end.ts';
import type { Filter, FilterOutput } from './filter.ts';
import type { Loop } from './loop.ts';

/** Why there is no provider. */
export interface Absence {
  readonly cause: 'away' | 'slow';
  readonly reason: string;
}

export interface SessionOptions {
  readonly loop: Loop;
  readonly buffers: Buffers;
  readonly books: LinkBooks;
  /** Packets (SOCK_SEQPACKET) are never cut or joined. */
  readonly packets: boolean;
  readonly lingerMs: number;
  readonly makeFilter?: ((out: FilterOutput, resumed?: unknown) => Filter) | undefined;
}
