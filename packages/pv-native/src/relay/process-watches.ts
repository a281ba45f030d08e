/** Processes whose end matters to many links: each is watched once, however many ask. */
import { pollEvents } from '../epoll.ts';
import type { Loop, Watch } from './loop.ts';

export class ProcessWatches {
  readonly #loop: Loop;
  readonly #processes = new Map<number, { watch: Watch; onEnd: Set<() => void> }>();

  constructor(loop: Loop) {
    this.#loop = loop;
  }

  /** `onEnd` is called once, unless the returned function was called before. */
  watch(pidFd: number, onEnd: () => void): () => void {
    const entry = this.#processes.get(pidFd) ?? this.#begin(pidFd);
    entry.onEnd.add(onEnd);
    return () => {
      entry.onEnd.delete(onEnd);
      if (entry.onEnd.size === 0) this.#forget(pidFd);
    };
  }

  #begin(pidFd: number): { watch: Watch; onEnd: Set<() => void> } {
    const entry = { watch: this.#loop.watch(pidFd, () => this.#ended(pidFd)), onEnd: new Set<() => void>() };
    entry.watch.want(pollEvents.IN);
    this.#processes.set(pidFd, entry);
    return entry;
  }

  #ended(pidFd: number): void {
    const waiting = [...(this.#processes.get(pidFd)?.onEnd ?? [])];
    this.#forget(pidFd);
    for (const onEnd of waiting) onEnd();
  }

  #forget(pidFd: number): void {
    this.#processes.get(pidFd)?.watch.stop();
    this.#processes.delete(pidFd);
  }
}
