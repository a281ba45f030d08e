/** The graph as a resource with an ETag; holds requests until it differs from what their client has. */
import { createHash } from 'node:crypto';
import type { Graph } from '@pv/contract/graph';
import type { Clock } from '@pv/runtime/clock';

export interface TaggedGraph {
  readonly value: Graph;
  readonly etag: string;
}

export class GraphResource {
  readonly #read: () => Graph;
  readonly #clock: Clock;
  readonly #heldSeconds: number;
  #current: TaggedGraph;
  #waiting: (() => void)[] = [];

  constructor(read: () => Graph, clock: Clock, heldSeconds: number) {
    this.#read = read;
    this.#clock = clock;
    this.#heldSeconds = heldSeconds;
    this.#current = tag(read());
  }

  /** To be called after anything that the graph is made of has changed. */
  refresh(): void {
    const next = tag(this.#read());
    if (next.etag === this.#current.etag) return;
    this.#current = next;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** At once when `known` is undefined or old; else on change, on time-out, or when the client has gone. */
  async get(known: string | undefined, signal: AbortSignal): Promise<TaggedGraph> {
    if (known !== this.#current.etag || signal.aborted) return this.#current;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(this.#heldSeconds, wake);
      const waiting = this.#waiting;
      function wake(): void {
        cancel();
        signal.removeEventListener('abort', wake);
        const index = waiting.indexOf(wake);
        if (index >= 0) waiting.splice(index, 1);
        resolve();
      }
      waiting.push(wake);
      signal.addEventListener('abort', wake);
    });
    return this.#current;
  }
}

function tag(value: Graph): TaggedGraph {
  return { value, etag: createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 16) };
}
