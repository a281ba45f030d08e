/**
 * Two connected sockets joined: bytes and descriptors both ways, in order, each descriptor at the byte that it came
 * with. What is held per direction is at most one buffer: while anything waits for one end, nothing more is read from the
 * other. An end of stream is passed on after everything before it; one side's failure costs only what can no longer be
 * delivered. A half-open session ends when nothing moved for `lingerMs`. With a filter, that one decides what is sent.
 */
import { constants } from 'node:os';
import { errnoText } from '../errors.ts';
import { pollEvents } from '../epoll.ts';
import { closeFds, type MessageBuffer } from '../msg.ts';
import { relayLimits } from './books.ts';
import type { End } from './end.ts';
import type { Filter, FilterOutput, Side } from './filter.ts';
import type { SessionState } from './link.ts';
import type { Absence, SessionOptions } from './session-options.ts';
import { Standstill } from './standstill.ts';
import type { Timer } from './timers.ts';

const { IN, OUT, HUP, ERR } = pollEvents;
const { EAGAIN, EINTR } = constants.errno;
/** After the last answer has gone out: how long its reader may go on sending into the void before the connection is cut. */
const finishMs = 2_000;

/** What a filter is given is the session itself, as a `FilterOutput`. */
export class Session implements FilterOutput {
  readonly #options: SessionOptions;
  readonly #onClosed: (session: Session) => void;
  readonly #consumer: End;
  readonly #provider: End | undefined;
  readonly #absent: Absence | undefined;
  readonly #both: readonly End[];
  #filter: Filter | undefined;
  #closed = false;
  #finishing = false;
  readonly #standstill: Standstill;
  #deadline: Timer | undefined;
  #countedFds = 0;

  /** Takes over the ends. In place of the provider's there may be the reason why there is none, for a filter to answer. */
  constructor(consumer: End, provider: End | Absence, options: SessionOptions, onClosed: (session: Session) => void) {
    this.#options = options;
    this.#onClosed = onClosed;
    this.#consumer = consumer;
    this.#provider = 'reason' in provider ? undefined : provider;
    this.#absent = 'reason' in provider ? provider : undefined;
    this.#standstill = new Standstill(options.loop, options.lingerMs, () => this.close());
    this.#both = this.#provider === undefined ? [consumer] : [consumer, this.#provider];
  }

  start(): void {
    this.#watch();
    this.#run(() => {
      this.#filter = this.#options.makeFilter?.(this);
      if (this.#absent === undefined) this.#filter?.onConnected?.();
      else if (this.#filter?.onAbsent === undefined) this.close();
      else this.#filter.onAbsent(this.#absent.cause, this.#absent.reason);
      // A client seldom waits with its first bytes; a look costs less than being told of them.
      if (!this.#closed && this.#mayRead(this.#consumer)) this.#read(this.#consumer, false);
    });
  }

  /** In place of `start`: its ends go on where another relay had them. */
  startFrom(filter: SessionState['filter']): void {
    this.#watch();
    this.#run(() => {
      if (filter !== undefined) this.#filter = this.#options.makeFilter?.(this, filter.snapshot);
    });
  }

  /** For another relay; this one is over then. undefined: not at this moment. */
  handOver(): SessionState | undefined {
    if (this.#closed || this.#finishing || this.#provider === undefined) return undefined;
    const snapshot = this.#filter?.snapshot?.();
    if (this.#filter !== undefined && snapshot === undefined) return undefined;
    this.#closed = true;
    this.#standstill.cancel();
    this.#deadline?.cancel();
    this.#countFds();
    this.#onClosed(this);
    return { consumer: this.#consumer.handOver(), provider: this.#provider.handOver(), ...(this.#filter === undefined ? {} : { filter: { snapshot } }) };
  }

  /** Ends at once; what was not delivered is lost. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#standstill.cancel();
    this.#deadline?.cancel();
    this.#filter?.onClosed?.();
    for (const end of this.#both) end.close();
    this.#countFds();
    this.#onClosed(this);
  }

  abort(reason: string): void {
    if (this.#closed) return;
    this.#options.books.failed(reason);
    this.close();
  }

  send(to: Side, bytes: Uint8Array, fds: readonly number[] = []): void {
    if (bytes.length === 0 && fds.length > 0) throw new Error('descriptors without bytes');
    if (bytes.length === 0) return;
    const end = this.#end(to);
    if (end === undefined || this.#closed) return closeFds(fds);
    this.#options.books.moved(to, bytes.length, fds.length);
    end.write(this.#options.buffers, bytes, fds);
    if (end.waitingBytes > relayLimits.waitingBytes) this.abort('it does not read its answers');
  }

  end(to: Side): void {
    this.#end(to)?.endWrite();
  }

  finish(): void {
    if (this.#finishing) return;
    this.#finishing = true;
    this.#filter?.onClosed?.();
    this.#filter = undefined;
    this.deadline(undefined);
    this.#consumer.endWrite();
    this.#provider?.endWrite();
  }

  passThrough(): void {
    this.#filter = undefined;
    this.#deadline?.cancel();
    for (const end of this.#both) {
      end.paused = false;
      if (end.readEnded) this.#other(end)?.endWrite();
    }
  }

  pause(from: Side): void {
    const end = this.#end(from);
    if (end !== undefined) end.paused = true;
  }

  resume(from: Side): void {
    const end = this.#end(from);
    if (end !== undefined) end.paused = false;
  }

  closeFds(fds: readonly number[]): void {
    closeFds(fds);
  }

  deadline(ms: number | undefined): void {
    this.#deadline?.cancel();
    this.#deadline = ms === undefined ? undefined : this.#options.loop.after(ms, () => this.#run(() => this.#filter?.onDeadline?.()));
  }

  refused(what: string): void {
    this.#options.books.refused(what);
  }

  note(text: string): void {
    this.#options.books.say('note', text);
  }

  #watch(): void {
    for (const end of this.#both) end.watch = this.#options.loop.watch(end.fd, (events) => this.#onEvents(end, events));
  }

  #end(side: Side): End | undefined {
    return side === 'consumer' ? this.#consumer : this.#provider;
  }

  #other(end: End): End | undefined {
    return end === this.#consumer ? this.#provider : this.#consumer;
  }

  #onEvents(end: End, events: number): void {
    this.#run(() => {
      if ((events & OUT) !== 0 && !end.flush(this.#options.buffers)) this.#readerGone(end);
      if (this.#closed || (events & (IN | HUP | ERR)) === 0) return;
      const hungUp = (events & (HUP | ERR)) !== 0;
      if (this.#mayRead(end)) this.#read(end, hungUp);
      else if (hungUp) this.#hungUp(end);
    });
  }

  /** A fault, of a filter or because the kernel watches no more descriptors, costs its session only. */
  #run(work: () => void): void {
    try {
      work();
      this.#standstill.moves += 1;
      this.#update();
    } catch (error) {
      this.abort(`fault: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #mayRead(end: End): boolean {
    return !end.readEnded && !end.paused && (this.#other(end)?.clear ?? true) && (!this.#finishing || end === this.#consumer);
  }

  #read(end: End, hungUp: boolean): void {
    const { buffers: { incoming }, packets } = this.#options;
    // A filter frames its messages and needs no more than the order.
    const exact = !packets && this.#filter === undefined;
    const count = exact ? incoming.receiveExact(end.fd, end.sendsMuch) : incoming.receive(end.fd);
    if (count === -EAGAIN || count === -EINTR) return;
    if (count < 0) return this.#lost(end, errnoText(count));
    if (incoming.truncated || (incoming.fds.length > 0 && (exact || count === 0))) {
      closeFds([...incoming.fds, ...(exact ? incoming.marks.flatMap(({ fds }) => fds) : [])]);
      return this.abort(packets ? 'a packet is empty or larger than the relay takes, or its descriptors were lost' : 'descriptors were lost: too many are open, or they came beside out-of-band bytes');
    }
    if (count === 0 && incoming.plain === 0) return hungUp && this.#nothingWaitsBehind(end) ? this.close() : this.#ended(end);
    end.sendsMuch = count + incoming.plain >= incoming.streamBytes / 8;
    const data = incoming.data.subarray(0, count);
    if (!exact) return this.#take(end, data, incoming.fds);
    if (count > 0) this.#takeMarked(end, data, incoming.marks);
    // At most one buffer's worth, so others get their turn.
    while (incoming.plain > 0 && !this.#closed && this.#mayRead(end)) this.#takePlain(end);
  }

  #takePlain(end: End): void {
    const { buffers, books } = this.#options;
    const other = this.#finishing ? undefined : this.#other(end);
    const count = other === undefined ? buffers.incoming.receivePlain(end.fd) : other.takePlain(buffers, end.fd);
    // Whatever it is, the next look tells.
    if (count <= 0) end.sendsMuch = false;
    else if (other !== undefined) books.moved(other.side, count, 0);
    if (other?.writeEnded === true) this.#readerGone(other);
  }

  /** Of an end that is gone: nothing of it is still to be delivered, and nobody else has to be asked. */
  #nothingWaitsBehind(end: End): boolean {
    return (this.#filter === undefined || end === this.#consumer) && this.#other(end)?.clear !== false;
  }

  #takeMarked(end: End, data: Uint8Array, marks: MessageBuffer['marks']): void {
    const [first] = marks;
    if (first?.at !== 0) this.#take(end, data.subarray(0, first?.at), []);
    for (const [index, { at, fds }] of marks.entries()) this.#take(end, data.subarray(at, marks[index + 1]?.at), fds);
  }

  #take(end: End, bytes: Uint8Array, fds: readonly number[]): void {
    if (this.#finishing || this.#closed) return closeFds(fds);
    if (this.#filter !== undefined) return this.#filter.onData(end.side, bytes, fds);
    const other = this.#other(end);
    if (other === undefined) return closeFds(fds);
    this.#options.books.moved(other.side, bytes.length, fds.length);
    if (!other.write(this.#options.buffers, bytes, fds)) this.#readerGone(other);
  }

  #ended(end: End): void {
    end.readEnded = true;
    if (this.#finishing) return;
    if (this.#filter?.onEnd !== undefined) this.#filter.onEnd(end.side);
    else this.#other(end)?.endWrite();
  }

  /** Reset, or worse: nothing comes any more, and nothing can be delivered there. */
  #lost(end: End, reason: string): void {
    this.#options.books.failed(`the ${end.side}'s connection: ${reason}`);
    this.#readerGone(end);
    this.#ended(end);
  }

  /** Closed by its other side, while there is nothing that may be read now. What is still unread there can be read later. */
  #hungUp(end: End): void {
    end.park();
    this.#readerGone(end);
  }

  /** Whoever sends to it would now get EPIPE; so does whoever sends to it through us. */
  #readerGone(end: End): void {
    end.breakOff();
    if (this.#finishing) return end === this.#consumer ? this.close() : undefined;
    const other = this.#other(end);
    if (this.#filter === undefined && other?.readEnded === false) other.endRead();
    // A filter may still wait for the provider, but for nobody any more.
    if (this.#filter !== undefined && end === this.#consumer) other?.endWrite();
  }

  #update(): void {
    if (this.#closed) return;
    this.#countFds();
    if (this.#options.books.waitingFds > relayLimits.waitingFds) return this.abort(`more than ${relayLimits.waitingFds} descriptors of this link wait for somebody who does not read`);
    if (this.#over()) return this.close();
    for (const end of this.#both) end.want((this.#mayRead(end) ? IN : 0) | (end.clear ? 0 : OUT));
    if (this.#finishing && this.#consumer.writeEnded) this.#deadline ??= this.#options.loop.after(finishMs, () => this.close());
    if (this.#finishing || this.#both.some((end) => end.readEnded || end.writeEnded)) this.#standstill.watch();
  }

  #over(): boolean {
    if (this.#finishing) return this.#consumer.writeEnded && this.#consumer.readEnded;
    return this.#consumer.writeEnded && this.#provider?.writeEnded !== false;
  }

  #countFds(): void {
    const waiting = this.#closed ? 0 : this.#consumer.waitingFds + (this.#provider?.waitingFds ?? 0);
    this.#options.books.waitingFds += waiting - this.#countedFds;
    this.#countedFds = waiting;
  }
}
