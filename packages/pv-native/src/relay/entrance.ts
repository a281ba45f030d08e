/**
 * Where a link's sessions are dialled: at the provider's own socket, or, for a link with a talk, where the provider
 * agreed to take them. The talk is held when somebody wants in and none has been held with this provider. Nobody gets
 * around it: while it lasts callers wait, and one that fails lets nobody in, since a consumer could make it fail.
 */
import type { LinkBooks } from './books.ts';
import type { Buffers } from './end.ts';
import { Dialer, type Reached } from './dialer.ts';
import type { RelayLink, RelayProvider } from './link.ts';
import type { Loop } from './loop.ts';
import type { MakeTalk } from './talk.ts';
import { Talker } from './talker.ts';

export interface EntranceOptions {
  readonly loop: Loop;
  readonly buffers: Buffers;
  readonly books: LinkBooks;
  readonly talks: ReadonlyMap<string, MakeTalk>;
  /** Those who were told to wait may be reached now. */
  readonly onAgreed: () => void;
  /** Those who were told to wait get no provider. */
  readonly onFailed: (reason: string) => void;
}

export type Entered = Reached | { readonly kind: 'wait' };

interface KnownTalk {
  readonly kind: string;
  readonly spec: unknown;
  readonly make: MakeTalk;
}

interface Agreement {
  readonly doorFd: number | undefined;
}

export class Entrance {
  readonly #options: EntranceOptions;
  readonly #dialer: Dialer;
  readonly #talk: KnownTalk | undefined;
  #talker: Talker | undefined;
  #agreement: Agreement | undefined;

  /** Throws when nobody made a talk of this kind: a link is never served without. */
  constructor(link: RelayLink, options: EntranceOptions) {
    this.#options = options;
    this.#dialer = new Dialer(link);
    if (link.talk === undefined) return;
    const make = options.talks.get(link.talk.kind);
    if (make === undefined) throw new Error(`there is no talk of kind '${link.talk.kind}'`);
    this.#talk = { ...link.talk, make };
  }

  reach(provider: RelayProvider): Entered {
    if (this.#talk === undefined) return this.#dialer.dial(provider);
    if (this.#agreement !== undefined) return this.#dial(provider, this.#agreement);
    return this.#talker === undefined ? this.#begin(provider, this.#talk) : { kind: 'wait' };
  }

  /** The provider is another now, or none: what it agreed to is over. */
  close(): void {
    this.#talker?.close();
    this.#forget();
  }

  #begin(provider: RelayProvider, { kind, spec, make }: KnownTalk): Entered {
    const { loop, buffers } = this.#options;
    const reached = this.#dialer.dial(provider);
    if (reached.kind !== 'connected') return reached;
    try {
      this.#talker = new Talker(reached.fd, {
        loop, buffers,
        make: (out) => make(spec, out),
        onAgreed: (doorFd, note) => this.#agreed(doorFd, note),
        onOver: (reason) => this.#over(`${kind}: ${reason}`),
      });
      return { kind: 'wait' };
    } catch (error) {
      return { kind: 'absent', reason: `${kind}: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  #dial(provider: RelayProvider, { doorFd }: Agreement): Reached {
    if (doorFd === undefined) return this.#dialer.dial(provider);
    const reached = this.#dialer.dialAt(doorFd, provider.connectAs);
    if (reached.kind === 'absent') this.close();
    return reached;
  }

  #agreed(doorFd: number | undefined, note: string): void {
    this.#agreement = { doorFd };
    this.#options.books.ownDoor = doorFd !== undefined;
    this.#options.books.say('note', note);
    this.#options.onAgreed();
  }

  #over(reason: string): void {
    const waiting = this.#agreement === undefined;
    this.#forget();
    if (waiting) this.#options.onFailed(reason);
  }

  #forget(): void {
    this.#talker = undefined;
    this.#agreement = undefined;
    this.#options.books.ownDoor = undefined;
  }
}
