/**
 * Bytes from one socket to another through a pipe, by splice(2): their pages change hands, nothing is copied. Only for bytes that are known to
 * come without descriptors, which would be lost. A pipe belongs to one direction of one session while it holds something.
 */
import { constants } from 'node:os';
import koffi from 'koffi';
import { closeFd } from '../fd.ts';
import { kernelIsAtLeast } from '../kernel.ts';
import { libc } from '../libc.ts';
import { openPipe } from '../pipe.ts';
import { Scratch } from '../scratch.ts';

const SPLICE_F_NONBLOCK = 2;
const F_SETPIPE_SZ = 1031;
const splice: (from: number, fromOffset: number, to: number, toOffset: number, count: number, flags: number) => number = libc.func('splice', 'long', ['int', 'uintptr_t', 'int', 'uintptr_t', 'size_t', 'unsigned int']);
const read: (fd: number, bytes: number, count: number) => number = libc.func('read', 'long', ['int', 'uintptr_t', 'size_t']);
const fcntl: (fd: number, command: number, argument: number) => number = libc.func('fcntl', 'int', ['int', 'int', 'int']);

/** Two descriptors each. Sessions whose readers are slow hold one each; when that many do, the others copy. */
const most = 64;
const mostIdle = 16;
/** There is room for a page, or a larger piece of one write, for each 4 KiB of it. */
const pipeBytes = 256 * 1024;

export class Pipes {
  readonly #idle: Pipe[] = [];
  #made = 0;
  // Before, the kernel waits for the reader's lock while it writes to a socket, which a reader may hold for as long as it likes.
  #works = kernelIsAtLeast(6, 5);

  /** An empty one. undefined: none is free, or this kernel cannot do it, or not without blocking. */
  take(): Pipe | undefined {
    return this.#idle.pop() ?? (this.#works && this.#made < most ? this.#make() : undefined);
  }

  /** These sockets cannot be spliced, so none can. */
  giveUp(): void {
    this.#works = false;
  }

  #make(): Pipe | undefined {
    try {
      const pipe = new Pipe((free) => this.#takeBack(free));
      this.#made += 1;
      return pipe;
    } catch {
      // No descriptors are left.
      return undefined;
    }
  }

  #takeBack(pipe: Pipe): void {
    if (pipe.held === 0 && this.#idle.length < mostIdle && this.#works) this.#idle.push(pipe);
    else {
      this.#made -= 1;
      pipe.close();
    }
  }
}

export class Pipe {
  readonly #ends = openPipe();
  readonly #takeBack: (pipe: Pipe) => void;
  /** Bytes. */
  held = 0;

  constructor(takeBack: (pipe: Pipe) => void) {
    this.#takeBack = takeBack;
    // Refused, it is smaller, and takes less at a time.
    fcntl(this.#ends.writeFd, F_SETPIPE_SZ, pipeBytes);
  }

  /** At most `count` bytes that wait at `fd`, a socket: how many, or a negative errno. */
  fill(fd: number, count: number): number {
    return this.#moved(splice(fd, 0, this.#ends.writeFd, 0, count, SPLICE_F_NONBLOCK), 1);
  }

  /** What it holds to `fd`, a socket that does not block: how many bytes went, or a negative errno. A reader that is gone raises SIGPIPE, which Node ignores. */
  empty(fd: number): number {
    return this.#moved(splice(this.#ends.readFd, 0, fd, 0, this.held, SPLICE_F_NONBLOCK), -1);
  }

  /** What it holds, which is copied. */
  read(): Uint8Array {
    const scratch = new Scratch(this.held);
    const taken = { bytes: 0 };
    for (let count = 1; count > 0 && this.held > 0; taken.bytes += Math.max(0, count)) {
      count = this.#moved(read(this.#ends.readFd, scratch.address(taken.bytes), this.held), -1);
    }
    return scratch.bytes.subarray(0, taken.bytes);
  }

  /** Back to where it was taken from; what it holds is lost. */
  release(): void {
    this.#takeBack(this);
  }

  close(): void {
    closeFd(this.#ends.readFd);
    closeFd(this.#ends.writeFd);
  }

  #moved(count: number, direction: 1 | -1): number {
    if (count < 0) return -koffi.errno();
    this.held += direction * count;
    return count;
  }
}

/** Another outcome of `fill` than that nothing waits just now. */
export function cannotSplice(count: number): boolean {
  return count === -constants.errno.EINVAL || count === -constants.errno.ENOSYS;
}
