/**
 * One link's injected socket, served: each accepted connection gets one of its own to the provider, and the two are
 * joined. At most `relayLimits.sessions` at a time; further ones wait in the backlog, and cost nobody else anything.
 */
import { constants } from 'node:os';
import { errnoText } from '../errors.ts';
import { pollEvents } from '../epoll.ts';
import { closeFd } from '../fd.ts';
import { acceptUnix } from '../socket.ts';
import { LinkBooks, relayLimits } from './books.ts';
import type { Buffers } from './end.ts';
import type { MakeFilter } from './filter.ts';
import { End } from './end.ts';
import type { EndState, RelayLink, RelayProvider, SessionState } from './link.ts';
import type { Loop, Watch } from './loop.ts';
import type { ProcessWatches } from './process-watches.ts';
import { Entrance } from './entrance.ts';
import { Session } from './session.ts';
import type { Absence, SessionOptions } from './session-options.ts';
import type { MakeTalk } from './talk.ts';
import type { Timer } from './timers.ts';

export interface LinkServerOptions {
  readonly loop: Loop;
  readonly buffers: Buffers;
  readonly processes: ProcessWatches;
  readonly filters: ReadonlyMap<string, MakeFilter>;
  readonly talks: ReadonlyMap<string, MakeTalk>;
  readonly lingerMs: number;
  /** Called when the link's books have events. */
  readonly onEvents: () => void;
}

/** Accepted, the provider not yet reached. */
interface Caller {
  readonly fd: number;
  tries: number;
  timer?: Timer;
  /** Until the entrance says more. */
  held?: boolean;
}

const { IN } = pollEvents;
const { EAGAIN, ECONNABORTED, EINTR } = constants.errno;
/** Sessions of a provider that died may deliver what it sent before for so long. */
const lastWordsMs = 1_000;
/** When descriptors ran out, everybody's: a while without accepting. */
const noDescriptorsMs = 100;
/** A full backlog makes a blocking client wait; so do we, longer each time, about 3 s in all. */
const fullBacklogTries = 12;
const fullBacklogMs = (tries: number): number => Math.min(500, 2 ** tries);

export class LinkServer {
  readonly #link: RelayLink;
  readonly #options: LinkServerOptions;
  readonly books: LinkBooks;
  readonly #entrance: Entrance;
  readonly #listener: Watch;
  readonly #makeFilter: MakeFilter | undefined;
  #provider: RelayProvider | undefined;
  #unwatchProvider: () => void = () => undefined;
  readonly #sessionOptions: SessionOptions;
  readonly #sessions = new Set<Session>();
  readonly #callers = new Set<Caller>();
  #resting: Timer | undefined;
  #removed = false;

  /** Takes over the listening descriptor. Throws when nobody made a filter or a talk of this kind: a link is never served without. */
  constructor(link: RelayLink, options: LinkServerOptions) {
    this.#link = link;
    this.#options = options;
    this.#makeFilter = link.filter === undefined ? undefined : options.filters.get(link.filter.kind);
    if (link.filter !== undefined && this.#makeFilter === undefined) throw new Error(`there is no filter of kind '${link.filter.kind}'`);
    this.books = new LinkBooks(link.id, options.onEvents);
    this.#entrance = new Entrance(link, {
      ...options, books: this.books,
      onAgreed: () => this.#release((caller) => this.#connect(caller)),
      onFailed: (reason) => this.#release((caller) => this.#absent(caller, { cause: 'slow', reason })),
    });
    this.#sessionOptions = this.#optionsOfSessions();
    this.#listener = options.loop.watch(link.listenFd, () => this.#accept());
    this.#listener.want(IN);
  }

  useProvider(provider: RelayProvider | undefined): void {
    this.#dropProvider();
    if (provider !== undefined) {
      this.#provider = provider;
      this.#unwatchProvider = this.#options.processes.watch(provider.pidFd, () => this.#providerDied());
    }
    this.#release((caller) => this.#connect(caller));
  }

  /** Accepts no more; sessions may go on for `drainMs`. */
  remove(drainMs: number): void {
    this.#removed = true;
    this.#listener.stop();
    closeFd(this.#link.listenFd);
    this.#dropProvider();
    for (const caller of this.#callers) this.#dismiss(caller);
    this.#endSessions(drainMs);
  }

  /** Sessions of another relay, which had them under a link like this one. */
  resume(states: readonly SessionState[]): void {
    for (const { consumer, provider, ...rest } of states) {
      if (provider === undefined) this.#take(consumer.fd);
      else this.#resumeOne({ ...rest, consumer, provider });
    }
  }

  /** Accepts no more, and gives away the sessions that can go on elsewhere at this moment; the others stay. */
  handOver(): SessionState[] {
    this.#removed = true;
    this.#listener.park();
    const waiting = [...this.#callers].map((caller): SessionState => {
      caller.timer?.cancel();
      return { consumer: fresh(caller.fd) };
    });
    this.#callers.clear();
    return [...waiting, ...[...this.#sessions].flatMap((session) => session.handOver() ?? [])];
  }

  /** One per turn: asking for another in vain costs the kernel nearly as much as accepting one. */
  #accept(): void {
    if (this.#crowded()) return;
    const fd = acceptUnix(this.#link.listenFd);
    if (fd >= 0) this.#take(fd);
    else if (fd !== -EAGAIN && fd !== -EINTR && fd !== -ECONNABORTED) this.#rest(errnoText(fd));
  }

  #take(fd: number): void {
    const caller: Caller = { fd, tries: 0 };
    this.#callers.add(caller);
    this.#connect(caller);
  }

  #crowded(): boolean {
    if (this.#sessions.size + this.#callers.size < relayLimits.sessions) return false;
    if (this.#resting === undefined) this.#listener.want(0);
    this.books.say('crowded', `at most ${relayLimits.sessions} at a time; further ones wait`);
    return true;
  }

  #rest(reason: string): void {
    this.books.say('crowded', `accept: ${reason}; it is tried again in ${noDescriptorsMs} ms`);
    this.#listener.want(0);
    this.#resting = this.#options.loop.after(noDescriptorsMs, () => {
      this.#resting = undefined;
      this.#makeRoom();
    });
  }

  #connect(caller: Caller): void {
    if (this.#provider === undefined) return this.#absent(caller, { cause: 'away', reason: 'the provider does not run' });
    const reached = this.#entrance.reach(this.#provider);
    if (reached.kind === 'connected') return this.#join(caller, reached.fd);
    if (reached.kind === 'wait') return void (caller.held = true);
    if (reached.kind === 'absent') return this.#absent(caller, { cause: 'away', reason: reached.reason });
    caller.tries += 1;
    if (caller.tries > fullBacklogTries) return this.#absent(caller, { cause: 'slow', reason: reached.reason });
    caller.timer = this.#options.loop.after(fullBacklogMs(caller.tries), () => this.#connect(caller));
  }

  #release(goOn: (caller: Caller) => void): void {
    for (const caller of [...this.#callers].filter(({ held }) => held)) {
      caller.held = false;
      goOn(caller);
    }
  }

  #absent(caller: Caller, absence: Absence): void {
    this.books.absent(absence.reason);
    if (this.#makeFilter === undefined) this.#dismiss(caller);
    else this.#join(caller, absence);
  }

  #join(caller: Caller, provider: number | Absence): void {
    this.#callers.delete(caller);
    const consumer = new End(caller.fd, 'consumer');
    const session = this.#newSession(consumer, typeof provider === 'number' ? new End(provider, 'provider') : provider);
    if (typeof provider === 'number') this.books.accepted();
    session.start();
  }

  #resumeOne(state: SessionState & { readonly provider: EndState }): void {
    const session = this.#newSession(End.resume(state.consumer, 'consumer'), End.resume(state.provider, 'provider'));
    session.startFrom(state.filter);
  }

  #newSession(consumer: End, provider: End | Absence): Session {
    const session = new Session(consumer, provider, this.#sessionOptions, this.#sessionClosed);
    this.#sessions.add(session);
    this.books.sessions = this.#sessions.size;
    return session;
  }

  #optionsOfSessions(): SessionOptions {
    const { loop, buffers, lingerMs } = this.#options;
    const make = this.#makeFilter;
    return {
      loop, buffers, books: this.books, packets: this.#link.socketType === 'seqpacket', lingerMs,
      makeFilter: make === undefined ? undefined : (out, resumed) => make(this.#provider?.filterSpec ?? this.#link.filter?.spec, out, resumed),
    };
  }

  #dismiss(caller: Caller): void {
    caller.timer?.cancel();
    closeFd(caller.fd);
    this.#callers.delete(caller);
    this.#makeRoom();
  }

  readonly #sessionClosed = (session: Session): void => {
    this.#sessions.delete(session);
    this.books.sessions = this.#sessions.size;
    this.#makeRoom();
  };

  #makeRoom(): void {
    if (!this.#removed && this.#resting === undefined) this.#listener.want(IN);
  }

  #providerDied(): void {
    this.useProvider(undefined);
    this.#endSessions(lastWordsMs);
  }

  #dropProvider(): void {
    this.#unwatchProvider();
    this.#unwatchProvider = () => undefined;
    this.#provider = undefined;
    this.#entrance.close();
  }

  #endSessions(afterMs: number): void {
    const ending = [...this.#sessions];
    const end = (): void => ending.forEach((session) => session.close());
    if (afterMs === 0) end();
    else if (ending.length > 0) this.#options.loop.after(afterMs, end);
  }
}

function fresh(fd: number): EndState {
  return { fd, readEnded: false, writeEnding: false, writeEnded: false, waiting: [] };
}
