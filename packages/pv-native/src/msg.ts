/**
 * recvmsg(2) and sendmsg(2) with descriptors (SCM_RIGHTS), on memory of its own, for sockets that do not block.
 * Received descriptors are close-on-exec and belong to the caller. Failures are returned as negative errno values: on
 * sockets they are everyday outcomes. Little-endian machines only, as all that we run on.
 */
import koffi from 'koffi';
import { closeFd } from './fd.ts';
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
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;

const recvmsg: (fd: number, message: number, flags: number) => number = libc.func('recvmsg', 'long', ['int', 'uintptr_t', 'int']);
const sendmsg: (fd: number, message: number, flags: number) => number = libc.func('sendmsg', 'long', ['int', 'uintptr_t', 'int']);

// struct msghdr, struct iovec and struct cmsghdr: members are words, but for two ints whose padding is zero.
const align = (value: number): number => (value + wordBytes - 1) & ~(wordBytes - 1);
const header = { iov: 2 * wordBytes, iovLength: 3 * wordBytes, control: 4 * wordBytes, controlLength: 5 * wordBytes, flags: 6 * wordBytes };
const cmsgHead = wordBytes + 8;
const controlBytes = align(cmsgHead + maxFds * 4) + wordBytes;

const noFds: readonly number[] = [];

export class MessageBuffer {
  readonly #scratch: Scratch;
  readonly #message = 0;
  readonly #iov = 8 * wordBytes;
  readonly #control = 16 * wordBytes;
  readonly #data: number;
  readonly capacity: number;
  /** The data area: what was received begins at 0, and what is sent is copied here unless it is here already. */
  readonly data: Uint8Array;
  /** Of the last `receive`. */
  fds: readonly number[] = noFds;
  /** Of the last `receive`: descriptors, or bytes of a packet, were lost. */
  truncated = false;

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
    this.#prepare(0, limit, controlBytes);
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
   * How many bytes can be received from a stream socket before the first one that comes with descriptors: 0 when they
   * come with the very next one. `receive` alone would report those descriptors with bytes that were sent before them.
   */
  bytesBeforeFds(fd: number): number {
    let high = this.#peek(fd, this.capacity);
    if (high >= 0) return this.capacity;
    if (this.#peek(fd, 1) < 0) return 0;
    high = this.capacity;
    // Descriptors are within the first `high` bytes, and not within the first `low`.
    for (let low = 1; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if (this.#peek(fd, middle) < 0) high = middle;
      else low = middle;
    }
    return high - 1;
  }

  /** Bytes sent, or a negative errno. `bytes` at most `capacity` long; a view on `data` is not copied. */
  send(fd: number, bytes: Uint8Array, fds: readonly number[] = noFds): number {
    let offset = 0;
    if (bytes.buffer === this.data.buffer) offset = bytes.byteOffset - this.data.byteOffset;
    else this.data.set(bytes);
    this.#prepare(offset, bytes.length, fds.length === 0 ? 0 : this.#writeFds(fds));
    const count = sendmsg(fd, this.#scratch.address(this.#message), MSG_DONTWAIT | MSG_NOSIGNAL);
    return count < 0 ? -koffi.errno() : count;
  }

  /** -1: descriptors are within the first `length` bytes. Without room for them the kernel only says so. */
  #peek(fd: number, length: number): number {
    this.#prepare(0, length, 0);
    const count = recvmsg(fd, this.#scratch.address(this.#message), MSG_DONTWAIT | MSG_PEEK);
    if (count < 0) return 0;
    return (this.#scratch.word(this.#message + header.flags) & MSG_CTRUNC) === 0 ? count : -1;
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
