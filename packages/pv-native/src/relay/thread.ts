/**
 * The relay's thread: takes orders from the main thread, tells it what happened, and otherwise lives in its event loop,
 * so its own JavaScript event loop never runs. Orders come through the message port; an eventfd says that there are some.
 */
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { clearEventfd, pollEvents } from '../epoll.ts';
import { MessageBuffer } from '../msg.ts';
import type { MakeFilter } from './filter.ts';
import type { RelayCounters, RelayEvent, RelayLink, RelayProvider, SessionState } from './link.ts';
import { LinkServer } from './link-server.ts';
import { Loop } from './loop.ts';
import { Pipes } from './pipes.ts';
import { ProcessWatches } from './process-watches.ts';
import type { MakeTalk } from './talk.ts';

export type Order =
  | { readonly kind: 'add'; readonly link: RelayLink; readonly provider: RelayProvider | undefined }
  | { readonly kind: 'provider'; readonly id: number; readonly provider: RelayProvider | undefined }
  /** Marked once its sessions are over and all that happened in them was told. */
  | { readonly kind: 'remove'; readonly id: number; readonly drainMs: number; readonly token: number }
  | { readonly kind: 'resume'; readonly id: number; readonly sessions: readonly SessionState[] }
  | { readonly kind: 'count'; readonly token: number }
  /** Answered once all orders before it are done. */
  | { readonly kind: 'mark'; readonly token: number }
  /** Accept no more; answer with the sessions once all can go on elsewhere, or after `patienceMs` with those that can. */
  | { readonly kind: 'hand-over'; readonly patienceMs: number }
  | { readonly kind: 'stop' };

export type Report =
  | { readonly kind: 'events'; readonly events: readonly RelayEvent[] }
  | { readonly kind: 'marked'; readonly token: number }
  | { readonly kind: 'handed-over'; readonly sessions: ReadonlyMap<number, readonly SessionState[]> }
  | { readonly kind: 'counters'; readonly token: number; readonly counters: ReadonlyMap<number, RelayCounters> };

export interface ThreadOptions {
  readonly port: MessagePort;
  readonly wakeFd: number;
  readonly lingerMs: number;
  readonly filters: ReadonlyMap<string, MakeFilter>;
  readonly talks: ReadonlyMap<string, MakeTalk>;
}

/** The largest packet that a socket with Linux's default buffers carries, and several reads' worth of a stream. */
const bufferBytes = 256 * 1024;
/** Milliseconds: lines about a busy link are one bundle, and the main thread sleeps in between. */
const tellEveryMs = 100;
const handOverLookMs = 20;

export function runRelayThread(options: ThreadOptions): void {
  new RelayThread(options).run();
}

class RelayThread {
  readonly #options: ThreadOptions;
  readonly #loop = new Loop();
  readonly #buffers = { incoming: new MessageBuffer(bufferBytes), outgoing: new MessageBuffer(bufferBytes), pipes: new Pipes() };
  readonly #processes = new ProcessWatches(this.#loop);
  readonly #links = new Map<number, LinkServer>();
  /** Removed, with sessions that drain. */
  readonly #leaving = new Set<LinkServer>();
  #telling = false;

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  run(): void {
    this.#loop.watch(this.#options.wakeFd, () => this.#takeOrders()).want(pollEvents.IN);
    this.#loop.run();
  }

  #takeOrders(): void {
    clearEventfd(this.#options.wakeFd);
    for (let received = receiveMessageOnPort(this.#options.port); received !== undefined; received = receiveMessageOnPort(this.#options.port)) {
      this.#obey((received as { message: Order }).message);
    }
  }

  #obey(order: Order): void {
    switch (order.kind) {
      case 'add':
        return this.#add(order.link, order.provider);
      case 'provider':
        return this.#links.get(order.id)?.useProvider(order.provider);
      case 'remove':
        return this.#remove(order.id, order.drainMs, order.token);
      case 'mark':
        return this.#report({ kind: 'marked', token: order.token });
      case 'resume':
        return this.#links.get(order.id)?.resume(order.sessions);
      case 'hand-over':
        return this.#handOver(new Map(), this.#loop.now() + order.patienceMs);
      case 'count':
        return this.#report({ kind: 'counters', token: order.token, counters: new Map([...this.#links].map(([id, { books }]) => [id, books.counters()])) });
      case 'stop':
        for (const server of this.#links.values()) server.remove(0);
        return this.#loop.stop();
    }
  }

  #add(link: RelayLink, provider: RelayProvider | undefined): void {
    const { filters, talks, lingerMs } = this.#options;
    const server = new LinkServer(link, { loop: this.#loop, buffers: this.#buffers, processes: this.#processes, filters, talks, lingerMs, onEvents: () => this.#tellSoon() });
    this.#links.set(link.id, server);
    server.useProvider(provider);
  }

  #remove(id: number, drainMs: number, token: number): void {
    const server = this.#links.get(id);
    if (server === undefined) return this.#report({ kind: 'marked', token });
    this.#links.delete(id);
    this.#leaving.add(server);
    server.remove(drainMs);
    this.#loop.after(drainMs, () => {
      this.#leaving.delete(server);
      this.#tell([server]);
      this.#report({ kind: 'marked', token });
    });
  }

  #handOver(sessions: Map<number, SessionState[]>, until: number): void {
    for (const [id, server] of this.#links) sessions.set(id, [...(sessions.get(id) ?? []), ...server.handOver()]);
    const left = [...this.#links.values()].some(({ books }) => books.sessions > 0);
    if (!left || this.#loop.now() >= until) {
      this.#tell(this.#links.values());
      this.#report({ kind: 'handed-over', sessions });
    } else this.#loop.after(handOverLookMs, () => this.#handOver(sessions, until));
  }

  #tellSoon(): void {
    if (this.#telling) return;
    this.#telling = true;
    this.#loop.after(tellEveryMs, () => {
      this.#telling = false;
      this.#tell([...this.#links.values(), ...this.#leaving]);
    });
  }

  #tell(servers: Iterable<LinkServer>): void {
    const events = [...servers].flatMap(({ books }) => books.takeEvents());
    if (events.length > 0) this.#report({ kind: 'events', events });
  }

  #report(report: Report): void {
    this.#options.port.postMessage(report);
  }
}
