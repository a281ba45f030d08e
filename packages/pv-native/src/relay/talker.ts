/**
 * The connection of a talk: bounded in time until the two have agreed, and in bytes as long as it lasts, so a provider
 * that hangs or babbles costs no more than that. One that goes on babbling after it has agreed is talked to anew later.
 */
import { constants } from 'node:os';
import { errnoText } from '../errors.ts';
import { pollEvents } from '../epoll.ts';
import { closeFds } from '../msg.ts';
import { type Buffers, End } from './end.ts';
import type { Loop } from './loop.ts';
import type { Talk, TalkOutput } from './talk.ts';
import type { Timer } from './timers.ts';

export const talkLimits = {
  ms: 5_000,
  /** From the provider, in all. */
  bytes: 256 * 1024,
} as const;

export interface TalkerOptions {
  readonly loop: Loop;
  readonly buffers: Buffers;
  readonly make: (out: TalkOutput) => Talk;
  readonly onAgreed: (doorFd: number | undefined, note: string) => void;
  /** Once, and not after `close`: all that the talk holds is closed then. */
  readonly onOver: (reason: string) => void;
}

const { IN, OUT } = pollEvents;
const { EAGAIN, EINTR } = constants.errno;

export class Talker implements TalkOutput {
  readonly #options: TalkerOptions;
  readonly #end: End;
  readonly #deadline: Timer;
  readonly #talk: Talk;
  #bytesLeft: number = talkLimits.bytes;
  #closed = false;

  /** Takes over the connected descriptor. Throws what `make` does; nothing is left open then. */
  constructor(fd: number, options: TalkerOptions) {
    this.#options = options;
    this.#end = new End(fd, 'provider');
    this.#end.watch = options.loop.watch(fd, (events) => this.#onEvents(events));
    this.#deadline = options.loop.after(talkLimits.ms, () => this.failed(`it does not answer within ${talkLimits.ms / 1000} s`));
    try {
      this.#talk = options.make(this);
    } catch (error) {
      this.#deadline.cancel();
      this.#end.close();
      throw error;
    }
    this.#listen();
  }

  /** That nobody reads there any more comes as an event too. */
  send(bytes: Uint8Array, fds: readonly number[] = []): void {
    if (this.#closed) return closeFds(fds);
    this.#end.write(this.#options.buffers, bytes, fds);
  }

  agreed(doorFd: number | undefined, note: string): void {
    this.#deadline.cancel();
    if (!this.#closed) this.#options.onAgreed(doorFd, note);
  }

  failed(reason: string): void {
    if (this.#closed) return;
    this.close();
    this.#options.onOver(reason);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#deadline.cancel();
    this.#end.close();
    this.#talk.close();
  }

  #onEvents(events: number): void {
    if ((events & OUT) !== 0) this.#end.flush(this.#options.buffers);
    if ((events & ~OUT) !== 0) this.#read();
    this.#listen();
  }

  #listen(): void {
    if (!this.#closed) this.#end.want(this.#end.clear ? IN : IN | OUT);
  }

  #read(): void {
    const { incoming } = this.#options.buffers;
    const count = incoming.receive(this.#end.fd, Math.min(this.#bytesLeft, incoming.capacity));
    if (count === -EAGAIN || count === -EINTR) return;
    if (count < 0) return this.failed(errnoText(count));
    closeFds(incoming.fds);
    if (count === 0) return this.failed('it closes the connection');
    this.#bytesLeft -= count;
    if (this.#bytesLeft === 0) return this.failed(`it says more than ${talkLimits.bytes / 1024} KiB`);
    try {
      this.#talk.onData(incoming.data.subarray(0, count));
    } catch (error) {
      this.failed(error instanceof Error ? error.message : String(error));
    }
  }
}
