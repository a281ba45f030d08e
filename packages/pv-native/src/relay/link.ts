/** What the relay's thread is told about links, and what it tells: plain data that crosses the thread border. */

export interface RelayLink {
  /** The caller's number; not used twice while the relay lives. */
  readonly id: number;
  /** Listening, non-blocking; the relay's from now on. */
  readonly listenFd: number;
  readonly socketType: 'stream' | 'seqpacket';
  /** The provider's socket, in its own root. */
  readonly path: string;
  /** Device and inode of the injected socket, as decimal text: connecting to that would be a loop. */
  readonly own: { readonly dev: string; readonly ino: string };
  /** Missing: everything is copied as it comes. */
  readonly filter?: { readonly kind: string; readonly spec: unknown };
  /** Missing: sessions are dialled at the provider's own socket, without a word before. */
  readonly talk?: { readonly kind: string; readonly spec: unknown };
}

/** The provider's present process. The descriptors stay their owner's, who closes them only once the relay has been told of another (`afterOrders`). */
export interface RelayProvider {
  readonly rootFd: number;
  /** Ends the sessions when its process does. */
  readonly pidFd: number;
  /** Effective ids, without supplementary groups, under which it is connected to. */
  readonly connectAs?: { readonly uid: number; readonly gid: number };
  /** In place of the link's, for sessions with this process. */
  readonly filterSpec?: unknown;
}

export interface RelayCounters {
  readonly sessions: number;
  readonly accepted: number;
  readonly bytesToProvider: number;
  readonly bytesToConsumer: number;
  readonly descriptors: number;
  readonly refused: number;
  /** Of a link with a talk, while it holds with the present provider: whether that one opened a door for this link. */
  readonly ownDoor?: boolean;
  readonly lastError?: string;
}

/** One end of a session that is handed over to another relay. Whoever has it owns the descriptors. */
export interface EndState {
  readonly fd: number;
  readonly readEnded: boolean;
  readonly writeEnding: boolean;
  readonly writeEnded: boolean;
  /** What was to be written to it, in order. */
  readonly waiting: readonly { readonly bytes: Uint8Array; readonly fds: readonly number[] }[];
}

export interface SessionState {
  readonly consumer: EndState;
  /** Missing: accepted, and not connected to the provider yet. */
  readonly provider?: EndState;
  /** Its filter's snapshot; missing: it has none any more. */
  readonly filter?: { readonly snapshot: unknown };
}

/** What happened, at most a few per link and tick; `count` says how often. */
export type RelayEvent =
  | { readonly kind: 'accepted'; readonly link: number; readonly count: number }
  | { readonly kind: 'absent' | 'crowded' | 'refused' | 'note' | 'failed'; readonly link: number; readonly text: string; readonly count: number };
