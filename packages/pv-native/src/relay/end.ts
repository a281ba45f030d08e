/**
 * One end of a session: a connected socket, what waits to be written to it, and which of its two directions are over.
 * What waits is bounded by its user, who reads no more for it while anything waits (`clear`). Descriptors go out with the first byte
 * that they came with, and whatever happens they are closed here.
 */
import { constants } from 'node:os';
import { closeFd } from '../fd.ts';
import { closeFds, type MessageBuffer } from '../msg.ts';
import { shutdownRead, shutdownWrite } from '../socket.ts';
import type { Side } from './filter.ts';
import type { EndState } from './link.ts';
import type { Watch } from './loop.ts';
import { cannotSplice, type Pipe, type Pipes } from './pipes.ts';

interface Waiting {
  bytes: Uint8Array;
  fds: readonly number[];
}

/** One buffer to receive into, another to send from what is not in the first, and pipes for what needs neither. */
export interface Buffers {
  readonly incoming: MessageBuffer;
  readonly outgoing: MessageBuffer;
  readonly pipes: Pipes;
}

const { EAGAIN, EINTR } = constants.errno;
/** Copying fewer bytes costs less than handing their pages over. */
const spliceBytes = 16 * 1024;

export class End {
  readonly fd: number;
  readonly side: Side;
  watch: Watch | undefined;
  /** It sends no more: end of stream was read, or nobody is left to take it. */
  readEnded = false;
  /** No more will be given to `write`; the end of stream goes out after what waits. */
  writeEnding = false;
  /** The end of stream was passed on, or its reader is gone. */
  writeEnded = false;
  /** Its last read brought many bytes; the next one may too. */
  sendsMuch = false;
  /** The filter asked for no more. */
  paused = false;
  #parked = false;
  /** Holds what goes out before the rest that waits. */
  #pipe: Pipe | undefined;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #waitingFds = 0;

  constructor(fd: number, side: Side) {
    this.fd = fd;
    this.side = side;
  }

  static resume(state: EndState, side: Side): End {
    const end = new End(state.fd, side);
    end.readEnded = state.readEnded;
    end.writeEnding = state.writeEnding;
    end.writeEnded = state.writeEnded;
    for (const { bytes, fds } of state.waiting) end.#keep(bytes, fds);
    return end;
  }

  /** For another relay, which owns the descriptors from now on. */
  handOver(): EndState {
    this.watch?.stop();
    const { fd, readEnded, writeEnding, writeEnded } = this;
    if (this.#pipe !== undefined) this.#waiting.unshift({ bytes: this.#pipe.read(), fds: [] });
    this.#releasePipe();
    return { fd, readEnded, writeEnding, writeEnded, waiting: this.#waiting };
  }

  get waitingBytes(): number {
    return this.#waitingBytes + (this.#pipe?.held ?? 0);
  }

  get waitingFds(): number {
    return this.#waitingFds;
  }

  /** Nothing waits. */
  get clear(): boolean {
    return this.#waitingBytes === 0 && this.#pipe === undefined;
  }

  /** Of `pollEvents`. */
  want(events: number): void {
    if (events === 0 && this.#parked) return;
    this.#parked = false;
    this.watch?.want(events);
  }

  /** Its other side hung up, which the kernel would go on telling: not watched until there is something to do. */
  park(): void {
    this.#parked = true;
    this.watch?.park();
  }

  /** Sends now what the socket takes, keeps a copy of the rest. False: nobody reads there any more. */
  write(buffers: Buffers, bytes: Uint8Array, fds: readonly number[]): boolean {
    if (this.writeEnded || this.writeEnding) {
      closeFds(fds);
      return !this.writeEnded;
    }
    let sent = 0;
    if (this.clear) {
      sent = sendSome(buffers, this.fd, bytes, fds);
      if (sent < 0) {
        closeFds(fds);
        this.breakOff();
        return false;
      }
      if (sent > 0) closeFds(fds);
    }
    // Not by `slice`: that of a Buffer copies nothing.
    if (sent < bytes.length) this.#keep(new Uint8Array(bytes.subarray(sent)), sent > 0 ? [] : fds);
    return true;
  }

  /** Takes what `incoming` knows to wait at `fd` without descriptors, as much as it can without copying. Bytes taken, or a negative errno of `fd`. */
  takePlain(buffers: Buffers, fd: number): number {
    const { incoming, pipes } = buffers;
    const spliced = incoming.plain < spliceBytes || this.writeEnding || !this.clear ? 0 : this.#splice(pipes, fd, incoming.plain);
    if (spliced > 0) {
      // What is left, if anything, is looked at again; see receivePlain.
      incoming.plain = 0;
      return spliced;
    }
    const count = incoming.receivePlain(fd);
    if (count > 0) this.write(buffers, incoming.data.subarray(0, count), []);
    return count;
  }

  /** Sends what waits, as far as the socket takes it. False: nobody reads there any more. */
  flush(buffers: Buffers): boolean {
    if (!this.#flushPipe()) return false;
    for (let first = this.#waiting[0]; this.#pipe === undefined && first !== undefined; first = this.#waiting[0]) {
      const sent = sendSome(buffers, this.fd, first.bytes, first.fds);
      if (sent < 0) {
        this.breakOff();
        return false;
      }
      if (sent === 0) return true;
      closeFds(first.fds);
      this.#waitingFds -= first.fds.length;
      this.#waitingBytes -= sent;
      first.fds = [];
      if (sent < first.bytes.length) first.bytes = first.bytes.subarray(sent);
      else this.#waiting.shift();
    }
    this.#passEnd();
    return true;
  }

  /** End of stream, after what waits. */
  endWrite(): void {
    this.writeEnding = true;
    this.#passEnd();
  }

  /** Its reader is gone: what waits is lost, and more is not taken. */
  breakOff(): void {
    this.writeEnding = true;
    this.writeEnded = true;
    this.#drop();
  }

  /** Nothing more is taken from it: its writes fail from now on, as they would without us. */
  endRead(): void {
    this.readEnded = true;
    shutdownRead(this.fd);
  }

  close(): void {
    this.watch?.closing();
    this.#drop();
    closeFd(this.fd);
  }

  /** 0: these bytes have to be copied. */
  #splice(pipes: Pipes, fd: number, count: number): number {
    const pipe = pipes.take();
    if (pipe === undefined) return 0;
    this.#pipe = pipe;
    const taken = pipe.fill(fd, count);
    if (cannotSplice(taken)) pipes.giveUp();
    this.#flushPipe();
    return Math.max(0, taken);
  }

  /** False: nobody reads there any more. */
  #flushPipe(): boolean {
    while (this.#pipe !== undefined && this.#pipe.held > 0) {
      const count = this.#pipe.empty(this.fd);
      if (count === -EAGAIN || count === -EINTR) return true;
      // None at all would be asked for ever.
      if (count <= 0) {
        this.breakOff();
        return false;
      }
    }
    this.#releasePipe();
    return true;
  }

  #releasePipe(): void {
    this.#pipe?.release();
    this.#pipe = undefined;
  }

  #passEnd(): void {
    if (!this.writeEnding || this.writeEnded || !this.clear) return;
    this.writeEnded = true;
    shutdownWrite(this.fd);
  }

  #keep(bytes: Uint8Array, fds: readonly number[]): void {
    this.#waiting.push({ bytes, fds });
    this.#waitingBytes += bytes.length;
    this.#waitingFds += fds.length;
  }

  #drop(): void {
    this.#releasePipe();
    for (const { fds } of this.#waiting.splice(0)) closeFds(fds);
    this.#waitingBytes = 0;
    this.#waitingFds = 0;
  }
}

/** In pieces of the buffer's capacity; 0: the socket takes nothing now; negative: it never will again. */
function sendSome({ incoming, outgoing }: Buffers, fd: number, bytes: Uint8Array, fds: readonly number[]): number {
  const buffer = bytes.buffer === incoming.data.buffer ? incoming : outgoing;
  for (let sent = 0; ; ) {
    const piece = bytes.length - sent > buffer.capacity ? bytes.subarray(sent, sent + buffer.capacity) : bytes.subarray(sent);
    const count = buffer.send(fd, piece, sent === 0 ? fds : []);
    if (count === -EAGAIN || count === -EINTR) return sent;
    if (count < 0) return sent > 0 ? sent : count;
    sent += count;
    if (sent === bytes.length || count < piece.length) return sent;
  }
}
