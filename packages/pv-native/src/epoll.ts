/** epoll(7), level-triggered, and the eventfd that another thread wakes it with. Errors throw SystemError. */
import { arch } from 'node:process';
import { readSync, writeSync } from 'node:fs';
import koffi from 'koffi';
import { constants } from 'node:os';
import { closeFd } from './fd.ts';
import { check, libc } from './libc.ts';
import { Scratch } from './scratch.ts';

export const pollEvents = { IN: 0x1, OUT: 0x4, ERR: 0x8, HUP: 0x10 } as const;

const operations = { add: 1, delete: 2, modify: 3 } as const;
const EPOLL_CLOEXEC = 0o2000000;
const EFD_FLAGS = 0o2004000; // EFD_CLOEXEC | EFD_NONBLOCK

const epollCreate: (flags: number) => number = libc.func('epoll_create1', 'int', ['int']);
const epollCtl: (epoll: number, operation: number, fd: number, event: number) => number = libc.func('epoll_ctl', 'int', ['int', 'int', 'int', 'uintptr_t']);
const epollWait: (epoll: number, events: number, count: number, timeout: number) => number = libc.func('epoll_wait', 'int', ['int', 'uintptr_t', 'int', 'int']);
const eventfdCall: (initial: number, flags: number) => number = libc.func('eventfd', 'int', ['unsigned int', 'int']);

// struct epoll_event is packed on x86-64 alone.
const eventBytes = arch === 'x64' ? 12 : 16;
const dataOffset = eventBytes - 8;
const batch = 64;

export class Epoll {
  readonly #fd = check(epollCreate(EPOLL_CLOEXEC), 'epoll_create1');
  readonly #scratch = new Scratch((batch + 1) * eventBytes);

  /** `tag`: any 32-bit number, given back with each event of `fd`. */
  add(fd: number, events: number, tag: number): void {
    this.#control(operations.add, fd, events, tag);
  }

  modify(fd: number, events: number, tag: number): void {
    this.#control(operations.modify, fd, events, tag);
  }

  remove(fd: number): void {
    this.#control(operations.delete, fd, 0, 0);
  }

  /** Waits at most `timeoutMs` (-1: for ever); calls `handle` for each event. */
  wait(timeoutMs: number, handle: (fd: number, events: number, tag: number) => void): void {
    const count = epollWait(this.#fd, this.#scratch.address(0), batch, timeoutMs);
    if (count < 0) {
      if (koffi.errno() !== constants.errno.EINTR) check(count, 'epoll_wait');
      return;
    }
    const { view } = this.#scratch;
    for (let at = 0; at < count * eventBytes; at += eventBytes) {
      handle(view.getInt32(at + dataOffset, true), view.getUint32(at, true), view.getUint32(at + dataOffset + 4, true));
    }
  }

  close(): void {
    closeFd(this.#fd);
  }

  #control(operation: number, fd: number, events: number, tag: number): void {
    const at = batch * eventBytes;
    const { view } = this.#scratch;
    view.setUint32(at, events, true);
    view.setInt32(at + dataOffset, fd, true);
    view.setUint32(at + dataOffset + 4, tag, true);
    check(epollCtl(this.#fd, operation, fd, this.#scratch.address(at)), 'epoll_ctl', fd);
  }
}

export function eventfd(): number {
  return check(eventfdCall(0, EFD_FLAGS), 'eventfd');
}

/** Makes the eventfd readable. Any thread may. */
export function signalEventfd(fd: number): void {
  writeSync(fd, new BigUint64Array([1n]));
}

export function clearEventfd(fd: number): void {
  readSync(fd, new Uint8Array(8));
}
