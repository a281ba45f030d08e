/**
 * The data plane, as its main thread sees it: links are handed over with their listening descriptor and are served on a
 * thread of their own until they are removed. Nothing here waits for that thread but `counters`.
 */
import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import { eventfd, signalEventfd } from '../epoll.ts';
import { closeFd } from '../fd.ts';
import type { RelayCounters, RelayEvent, RelayLink, RelayProvider, SessionState } from './link.ts';
import type { Order, Report, ThreadOptions } from './thread.ts';

export interface RelayOptions {
  /** A module that calls `runRelayThread` with what it finds in `workerData`: `{port, wakeFd, lingerMs}`. */
  readonly worker: URL;
  /** A half-open session ends when no byte moved for so long. */
  readonly lingerMs: number;
  readonly onEvent: (event: RelayEvent) => void;
  /** The thread ended of itself, which it never should. */
  readonly onFault: (error: Error) => void;
}

/** What a relay's worker finds in `workerData`. */
export type RelayWorkerData = Pick<ThreadOptions, 'port' | 'wakeFd' | 'lingerMs'>;

/** The heap of the thread: it holds little, and its garbage is short-lived. */
const resourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 2 };

export class Relay {
  readonly #worker: Worker;
  readonly #wakeFd = eventfd();
  readonly #port;
  readonly #waiting = new Map<number, (counters: ReadonlyMap<number, RelayCounters>) => void>();
  readonly #onEvent: RelayOptions['onEvent'];
  #onHandedOver: (sessions: ReadonlyMap<number, readonly SessionState[]>) => void = () => undefined;
  readonly #marks = new Map<number, () => void>();
  #token = 0;
  #stopped = false;

  /** A process that ends waits for its threads, and nothing but this brings one out of its epoll_wait for good. */
  readonly #endThread = (): void => this.#order({ kind: 'stop' });

  constructor({ worker, lingerMs, onEvent, onFault }: RelayOptions) {
    const { port1, port2 } = new MessageChannel();
    this.#onEvent = onEvent;
    this.#port = port1;
    this.#port.on('message', (report: Report) => this.#take(report));
    this.#worker = new Worker(worker, { workerData: { port: port2, wakeFd: this.#wakeFd, lingerMs } satisfies RelayWorkerData, transferList: [port2], resourceLimits, trackUnmanagedFds: false });
    process.once('exit', this.#endThread);
    this.#worker.on('error', onFault);
    this.#worker.on('exit', () => this.#stopped || onFault(new Error('the relay thread ended')));
    // Whoever made it decides how long the process lives.
    this.#worker.unref();
    this.#port.unref();
  }

  /** Takes over `link.listenFd`. */
  add(link: RelayLink, provider: RelayProvider | undefined): void {
    this.#order({ kind: 'add', link, provider });
  }

  useProvider(id: number, provider: RelayProvider | undefined): void {
    this.#order({ kind: 'provider', id, provider });
  }

  /** Its listener closes; its sessions end at once, or after `drainMs` at the latest. `onOver`: there are no more events of it. */
  remove(id: number, drainMs: number, onOver: () => void = () => undefined): void {
    this.#order({ kind: 'remove', id, drainMs, token: this.#mark(onOver) });
  }

  /** `work` is done once the thread has done all that it was told before: to close descriptors that it used until then. */
  afterOrders(work: () => void): void {
    if (this.#stopped) return work();
    this.#order({ kind: 'mark', token: this.#mark(work) });
  }

  /** Of every link, by its number. */
  counters(): Promise<ReadonlyMap<number, RelayCounters>> {
    this.#token += 1;
    const token = this.#token;
    return new Promise((resolve) => {
      this.#port.ref();
      this.#waiting.set(token, resolve);
      this.#order({ kind: 'count', token });
    });
  }

  /** Sessions of another relay, which had them under a link like this one; it takes over their descriptors. */
  resume(id: number, sessions: readonly SessionState[]): void {
    this.#order({ kind: 'resume', id, sessions });
  }

  /** Nothing is accepted any more. By link, what can go on elsewhere within `patienceMs`; the descriptors are the caller's then. */
  handOver(patienceMs: number): Promise<ReadonlyMap<number, readonly SessionState[]>> {
    return new Promise((resolve) => {
      this.#port.ref();
      this.#onHandedOver = resolve;
      this.#order({ kind: 'hand-over', patienceMs });
    });
  }

  /** Ends every session. */
  async stop(): Promise<void> {
    this.#stopped = true;
    process.off('exit', this.#endThread);
    this.#endThread();
    // It closes what it holds, then comes to its end.
    this.#worker.ref();
    await once(this.#worker, 'exit');
    for (const token of [...this.#marks.keys()]) this.#marked(token);
    this.#port.close();
    closeFd(this.#wakeFd);
  }

  #mark(work: () => void): number {
    this.#token += 1;
    this.#marks.set(this.#token, work);
    return this.#token;
  }

  #marked(token: number): void {
    this.#marks.get(token)?.();
    this.#marks.delete(token);
  }

  #order(order: Order): void {
    this.#port.postMessage(order);
    signalEventfd(this.#wakeFd);
  }

  #take(report: Report): void {
    if (this.#stopped) return;
    if (report.kind === 'events') return report.events.forEach((event) => this.#onEvent(event));
    if (report.kind === 'marked') return this.#marked(report.token);
    if (report.kind === 'handed-over') return this.#onHandedOver(report.sessions);
    this.#waiting.get(report.token)?.(report.counters);
    this.#waiting.delete(report.token);
    if (this.#waiting.size === 0) this.#port.unref();
  }
}
