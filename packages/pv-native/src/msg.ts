/**
 * recvmsg(2) and sendmsg(2) with descriptors (SCM_RIGHTS), on memory of its own, for sockets that do not block.
 * Received descriptors are close-on-exec and belong to the caller. Failures are returned as negative errno values: on
 * sockets they are everyday outcomes. Little-endian machines only, as all that we run on.
 */
import koffi from 'koffi';
import { closeFd } from './fd.ts';
import { kernelIsAtLeast } from './kernel.ts';
import { libc } from './libc.ts';
import { Scratch, wordBytes } from './scratch.ts';

/** The kernel's limit for one message. */
export const maxFds = 253;

const MSG_PEEK = 0x2;
const MSG_CTRUNC = 0x8;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x4000_0000;
const sendFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;

const recvmsg: (fd: number, message: number, flags: number) => number = libc.func('recvmsg', 'long', ['int', 'uintptr_t', 'int']);
// Without the message around it, where there is nothing but bytes.
const recv: (fd: number, bytes: number, length: number, flags: number) => number = libc.func('recv', 'long', ['int', 'uintptr_t', 'size_t', 'int']);
const send: (fd: number, bytes: number, length: number, flags: number) => number = libc.func('send', 'long', ['int', 'uintptr_t', 'size_t', 'int']);
const sendmsg: (fd: number, message: number, flags: number) => number = libc.func('sendmsg', 'long', ['int', 'uintptr_t', 'int']);

// struct msghdr, struct iovec and struct cmsghdr: members are words, but for two ints whose padding is zero.
const align = (value: number): number => (value + wordBytes - 1) & ~(wordBytes - 1);
const header = { iov: 2 * wordBytes, iovLength: 3 * wordBytes, control: 4 * wordBytes, controlLength: 5 * wordBytes, flags: 6 * wordBytes };
const cmsgHead = wordBytes + 8;
const controlBytes = align(cmsgHead + maxFds * 4) + wordBytes;

const _SC_PAGESIZE = 30;
const sysconf: (name: number) => number = libc.func('sysconf', 'long', ['int']);
const pageBytes = sysconf(_SC_PAGESIZE);
/**
 * Linux keeps one write to a stream socket in buffers of at most 32 KiB, or a larger page, and what fits a page beside them. Before 6.5 it appends the pages
 * of a later splice(2) or sendfile(2) to such a buffer, as many as it can refer to.
 */
const maxBufferBytes = Math.max(32 * 1024, (kernelIsAtLeast(6, 5) ? 1 : 17) * pageBytes) + pageBytes;
const walkBytes = 256;
/** Most messages are shorter. */
const peekBytes = 4096;
const FIONREAD = 0x541b;
const ioctl: (fd: number, request: number, result: number) => number = libc.func('ioctl', 'int', ['int', 'unsigned long', 'uintptr_t']);

const noFds: readonly number[] = [];

interface Mark {
  readonly at: number;
  readonly fds: readonly number[];
}
/** What is read at once from a stream: more of it would no longer be in the processor's cache when it is sent. */
const streamBytes = 128 * 1024;
const noMarks: readonly Mark[] = [];

export class MessageBuffer {
  readonly #scratch: Scratch;
  readonly #message = 0;
  readonly #iov = 8 * wordBytes;
  readonly #control = 16 * wordBytes;
  readonly #data: number;
  readonly capacity: number;
  readonly streamBytes = streamBytes;
  /** The data area: what was received begins at 0, and what is sent is copied here unless it is here already. */
  readonly data: Uint8Array;
  /** Of the last `receive`; of `receiveExact` only those whose place is not known, which its caller has to close. */
  fds: readonly number[] = noFds;
  /** Of the last `receiveExact`: descriptors, and the index of the byte that they came with. */
  marks: readonly Mark[] = noMarks;
  /** Descriptors, or bytes of a packet, were lost. */
  truncated = false;
  /** Of the last `receiveExact`: bytes that still wait and are known to come without descriptors. */
  plain = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#data = (this.#control + controlBytes + 63) & ~63;
    this.#scratch = new Scratch(this.#data + capacity);
    this.data = this.#scratch.bytes.subarray(this.#data);
    this.#scratch.setWord(this.#message + header.iov, this.#scratch.address(this.#iov));
    this.#scratch.setWord(this.#message + header.iovLength, 1);
  }

  /** Bytes received (0: end of stream), or a negative errno. `limit`: at most so many. */
  receive(fd: number, limit = this.capacity): number {
    this.plain = 0;
    return this.#receiveAt(fd, 0, limit);
  }

  #receiveAt(fd: number, offset: number, limit: number): number {
    this.#prepare(offset, limit, controlBytes);
    const count = recvmsg(fd, this.#scratch.address(this.#message), MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (count < 0) {
      this.fds = noFds;
      this.truncated = false;
      return -koffi.errno();
    }
    const controlLength = this.#scratch.word(this.#message + header.controlLength);
    this.fds = controlLength === 0 ? noFds : this.#readFds(controlLength);
    this.truncated = (this.#scratch.word(this.#message + header.flags) & (MSG_CTRUNC | MSG_TRUNC)) !== 0;
    return count;
  }

  /**
   * As `receive`, from a stream socket, but with the place of descriptors: `marks`. The kernel alone reports them with
   * bytes that were sent before them, if those still wait. `isLarge`: many bytes are expected, which spares a look.
   * 0 is the end of the stream only if nothing is `plain`: else so many bytes wait, and none was received yet.
   */
  receiveExact(fd: number, isLarge: boolean): number {
    this.fds = noFds;
    this.marks = noMarks;
    this.truncated = false;
    this.plain = 0;
    if (isLarge) return this.#receiveLarge(fd);
    const seen = this.#peek(fd, 0, peekBytes);
    if (seen === 0) return 0;
    if (seen < 0) return this.#receiveOne(fd);
    if (this.#fdsSeen()) return this.#receiveMarked(fd);
    // What comes after the look is not received now.
    if (seen === peekBytes) return this.#receiveLarge(fd);
    this.plain = seen;
    return this.receivePlain(fd);
  }

  #receiveLarge(fd: number): number {
    // First the count, then the question: what comes between the two is not received now.
    const waiting = this.#waitingBytes(fd);
    if (waiting <= 1) return this.#receiveOne(fd);
    if (this.#fdsWait(fd, 0)) return this.#receiveMarked(fd);
    this.plain = Math.min(waiting, this.capacity);
    return 0;
  }

  /** Goes on with what is `plain` after `receiveExact`. Less than was asked for ends it: an out-of-band byte is counted, and the look ends before it. */
  receivePlain(fd: number): number {
    const wanted = Math.min(this.plain, streamBytes);
    const count = recv(fd, this.#scratch.address(this.#data), wanted, MSG_DONTWAIT);
    this.plain = count === wanted ? this.plain - count : 0;
    return count < 0 ? -koffi.errno() : count;
  }

  #receiveMarked(fd: number): number {
    const plain = this.#peek(fd, 0, this.capacity) - maxBufferBytes;
    return plain > 0 ? this.#receiveAt(fd, 0, plain) : this.#walk(fd);
  }

  /** Nothing can come before it. Also how nothing, an end of stream and an error are told apart. */
  #receiveOne(fd: number): number {
    const count = this.#receiveAt(fd, 0, 1);
    if (count > 0 && !this.truncated) this.#mark(0);
    return count;
  }

  /** Byte by byte, which is the only way to find the first one with descriptors; at most so many, and so many descriptors, that others get their turn. */
  #walk(fd: number): number {
    for (let count = 0, carried = 0; count < walkBytes; count++) {
      const one = this.#receiveAt(fd, count, 1);
      if (one <= 0 || this.truncated) return count > 0 && !this.truncated ? count : one;
      if (this.fds.length === 0) continue;
      carried += this.fds.length;
      this.#mark(count);
      const rest = this.#waitingBytes(fd);
      if (rest === 0 || carried >= maxFds) return count + 1;
      if (!this.#fdsWait(fd, count + 1)) return count + 1 + Math.max(0, this.#receiveAt(fd, count + 1, Math.min(rest, this.capacity - count - 1)));
    }
    return walkBytes;
  }

  /** The descriptors just received came with the byte at `at`. */
  #mark(at: number): void {
    if (this.fds.length > 0) this.marks = [...this.marks, { at, fds: this.fds }];
    this.fds = noFds;
  }

  /** Bytes sent, or a negative errno. `bytes` at most `capacity` long; a view on `data` is not copied. */
  send(fd: number, bytes: Uint8Array, fds: readonly number[] = noFds): number {
    let offset = 0;
    if (bytes.buffer === this.data.buffer) offset = bytes.byteOffset - this.data.byteOffset;
    else this.data.set(bytes);
    const count = fds.length === 0 ? send(fd, this.#scratch.address(this.#data + offset), bytes.length, sendFlags) : this.#sendMessage(fd, offset, bytes.length, fds);
    return count < 0 ? -koffi.errno() : count;
  }

  #sendMessage(fd: number, offset: number, length: number, fds: readonly number[]): number {
    this.#prepare(offset, length, this.#writeFds(fds));
    return sendmsg(fd, this.#scratch.address(this.#message), sendFlags);
  }

  #waitingBytes(fd: number): number {
    const result = ioctl(fd, FIONREAD, this.#scratch.address(this.#iov));
    return result < 0 ? 0 : this.#scratch.word(this.#iov);
  }

  /** A look at one byte makes the kernel go through the whole queue; without room for descriptors it only says that there are some. */
  #fdsWait(fd: number, offset: number): boolean {
    this.#peek(fd, offset, 1);
    return this.#fdsSeen();
  }

  #fdsSeen(): boolean {
    return (this.#scratch.word(this.#message + header.flags) & MSG_CTRUNC) !== 0;
  }

  /** Bytes up to and with those of the first message that has descriptors, which are written at `offset`; 0: end of stream; negative: none, or an error. */
  #peek(fd: number, offset: number, length: number): number {
    this.#prepare(offset, length, 0);
    return recvmsg(fd, this.#scratch.address(this.#message), MSG_DONTWAIT | MSG_PEEK);
  }

  #prepare(offset: number, length: number, control: number): void {
    const scratch = this.#scratch;
    scratch.setWord(this.#iov, scratch.address(this.#data + offset));
    scratch.setWord(this.#iov + wordBytes, length);
    scratch.setWord(this.#message + header.control, control === 0 ? 0 : scratch.address(this.#control));
    scratch.setWord(this.#message + header.controlLength, control);
    scratch.view.setUint32(this.#message + header.flags, 0, true);
  }

  #readFds(controlLength: number): readonly number[] {
    const { view } = this.#scratch;
    const fds: number[] = [];
    const end = this.#control + controlLength;
    for (let at = this.#control; at + cmsgHead <= end; ) {
      const length = this.#scratch.word(at);
      if (length < cmsgHead) break;
      if (view.getInt32(at + wordBytes, true) === SOL_SOCKET && view.getInt32(at + wordBytes + 4, true) === SCM_RIGHTS) {
        for (let fd = at + cmsgHead; fd + 4 <= at + length; fd += 4) fds.push(view.getInt32(fd, true));
      }
      at += align(length);
    }
    return fds;
  }

  #writeFds(fds: readonly number[]): number {
    const { view } = this.#scratch;
    this.#scratch.setWord(this.#control, cmsgHead + fds.length * 4);
    view.setInt32(this.#control + wordBytes, SOL_SOCKET, true);
    view.setInt32(this.#control + wordBytes + 4, SCM_RIGHTS, true);
    for (const [index, fd] of fds.entries()) view.setInt32(this.#control + cmsgHead + index * 4, fd, true);
    return align(cmsgHead + fds.length * 4);
  }
}

export function closeFds(fds: readonly number[]): void {
  for (const fd of fds) closeFd(fd);
}
