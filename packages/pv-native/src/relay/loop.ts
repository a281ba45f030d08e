/**
 * The event loop of the relay's thread: descriptors and timers, nothing else. Level-triggered; an event of a descriptor
 * that was let go and whose number is in use again is never delivered to its new owner.
 */
import { performance } from 'node:perf_hooks';
import { Epoll } from '../epoll.ts';
import { Timers, type Timer } from './timers.ts';

export interface Watch {
  readonly fd: number;
  /** Of `pollEvents`; HUP and ERR come unasked, again and again until `park`. */
  want(events: number): void;
  /** Not watched at all, until `want`. */
  park(): void;
  /** Forgets the descriptor, which must still be open. It is the caller's to close. */
  stop(): void;
  /** Forgets the descriptor, which is closed at once and has no copies: the kernel takes it out of the set by itself. */
  closing(): void;
}

type Handle = (events: number) => void;

export class Loop {
  readonly #epoll = new Epoll();
  readonly #watches: (Entry | undefined)[] = [];
  readonly #timers = new Timers();
  #tag = 0;
  #running = false;

  /** Milliseconds, monotonic. */
  now(): number {
    return performance.now();
  }

  /** Not watched before its first `want`. */
  watch(fd: number, handle: Handle): Watch {
    this.#tag = (this.#tag + 1) >>> 0;
    const entry = new Entry(fd, this.#tag, handle, this.#epoll, () => (this.#watches[fd] = undefined));
    this.#watches[fd] = entry;
    return entry;
  }

  after(ms: number, work: () => void): Timer {
    return this.#timers.add(this.now() + ms, work);
  }

  run(): void {
    this.#running = true;
    while (this.#running) {
      this.#epoll.wait(this.#timers.wait(this.now()), this.#deliver);
      this.#timers.run(this.now());
    }
    this.#epoll.close();
  }

  stop(): void {
    this.#running = false;
  }

  readonly #deliver = (fd: number, events: number, tag: number): void => {
    const entry = this.#watches[fd];
    if (entry?.tag === tag) entry.handle(events);
  };
}

class Entry implements Watch {
  readonly fd: number;
  readonly tag: number;
  readonly handle: Handle;
  readonly #epoll: Epoll;
  readonly #forget: () => void;
  /** undefined: not in the set. */
  #events: number | undefined;

  constructor(fd: number, tag: number, handle: Handle, epoll: Epoll, forget: () => void) {
    this.fd = fd;
    this.tag = tag;
    this.handle = handle;
    this.#epoll = epoll;
    this.#forget = forget;
  }

  want(events: number): void {
    if (events === this.#events) return;
    if (this.#events === undefined) this.#epoll.add(this.fd, events, this.tag);
    else this.#epoll.modify(this.fd, events, this.tag);
    this.#events = events;
  }

  park(): void {
    if (this.#events !== undefined) this.#epoll.remove(this.fd);
    this.#events = undefined;
  }

  closing(): void {
    this.#events = undefined;
    this.#forget();
  }

  stop(): void {
    this.park();
    this.#forget();
  }
}
