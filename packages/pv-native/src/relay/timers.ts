/** Timers in a binary heap: adding and firing cost the logarithm of their number. Cancelled ones, as most are, go together. */

export interface Timer {
  cancel(): void;
}

interface Item extends Timer {
  readonly at: number;
  work: (() => void) | undefined;
}

/** Not worth the while. */
const fewCancelled = 64;

export class Timers {
  #heap: Item[] = [];
  /** In the heap still. */
  #cancelled = 0;

  /** `at`: milliseconds, on the caller's clock. */
  add(at: number, work: () => void): Timer {
    const item: Item = { at, work, cancel: () => this.#cancel(item) };
    this.#heap.push(item);
    this.#up(this.#heap.length - 1);
    return item;
  }

  /** Whole milliseconds until the first one, rounded up; -1: there is none. */
  wait(now: number): number {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (first.work !== undefined) return Math.max(0, Math.ceil(first.at - now));
      this.#pop();
    }
    return -1;
  }

  run(now: number): void {
    for (let first = this.#heap[0]; first !== undefined && (first.at <= now || first.work === undefined); first = this.#heap[0]) {
      this.#pop();
      const { work } = first;
      first.work = undefined;
      work?.();
    }
  }

  #cancel(item: Item): void {
    if (item.work === undefined) return;
    item.work = undefined;
    this.#cancelled += 1;
    if (this.#cancelled < fewCancelled || this.#cancelled * 2 < this.#heap.length) return;
    this.#cancelled = 0;
    // In order, so a heap.
    this.#heap = this.#heap.filter(({ work }) => work !== undefined).sort((a, b) => a.at - b.at);
  }

  #pop(): void {
    if (this.#heap[0]?.work === undefined) this.#cancelled -= 1;
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#down(0);
  }

  #up(from: number): void {
    for (let index = from; index > 0; ) {
      const parent = (index - 1) >> 1;
      if (this.#at(parent) <= this.#at(index)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #down(from: number): void {
    for (let index = from; ; ) {
      const left = 2 * index + 1;
      const least = [left, left + 1].reduce((best, child) => (this.#at(child) < this.#at(best) ? child : best), index);
      if (least === index) return;
      this.#swap(index, least);
      index = least;
    }
  }

  #at(index: number): number {
    return this.#heap[index]?.at ?? Infinity;
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (first === undefined || second === undefined) return;
    this.#heap[a] = second;
    this.#heap[b] = first;
  }
}
