/**
 * The graph as a resource with an ETag; holds requests until it differs from what their client has. What a revision
 * declares does not change, so a change costs a look at pids and starts, and the graph is written only when somebody asks.
 * States alone are no change: links are made of processes.
 */
import { createHash } from 'node:crypto';
import type { Graph } from '@pv/contract/graph';
import type { ContainerName } from '@pv/contract/names';
import type { Clock } from '@pv/runtime/clock';
import { type DeclaredLink, type LinkEnd, withEnds } from '@pv/state/graph';

export interface TaggedGraph {
  readonly value: Graph;
  readonly etag: string;
}

export interface GraphSource {
  readonly links: readonly DeclaredLink[];
  /** Undefined for the host. */
  readonly endOf: (name: ContainerName) => LinkEnd | undefined;
  readonly clock: Clock;
  /** How long a request is held at most. */
  readonly heldSeconds: number;
}

export class GraphResource {
  readonly #source: GraphSource;
  /** Those that are in the graph. */
  readonly #ends: readonly ContainerName[];
  readonly #declared: string;
  #etag: string;
  #waiting: (() => void)[] = [];

  constructor(source: GraphSource) {
    this.#source = source;
    this.#ends = [...new Set(source.links.flatMap(({ consumer, provider }) => [consumer, provider as ContainerName]))];
    this.#declared = digest(source.links);
    this.#etag = this.#tag();
  }

  /** To be called after anything that the graph is made of has changed. */
  refresh(): void {
    const etag = this.#tag();
    if (etag === this.#etag) return;
    this.#etag = etag;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** At once when `known` is undefined or old; else on change, on time-out, or when the client has gone. */
  async get(known: string | undefined, signal: AbortSignal): Promise<TaggedGraph> {
    if (known === this.#etag && !signal.aborted) await this.#changed(signal);
    // What it reads may be newer than the last refresh, so the two are made together.
    this.refresh();
    return { value: withEnds(this.#source.links, this.#source.endOf), etag: this.#etag };
  }

  #changed(signal: AbortSignal): Promise<void> {
    const { clock, heldSeconds } = this.#source;
    const waiting = this.#waiting;
    return new Promise<void>((resolve) => {
      const cancel = clock.after(heldSeconds, wake);
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
  }

  #tag(): string {
    const processes = this.#ends.map(this.#source.endOf).map((end) => [end?.pid, end?.starts]);
    return digest([this.#declared, processes]);
  }
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 16);
}
