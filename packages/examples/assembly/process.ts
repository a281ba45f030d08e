/** The program itself: what it is given, what it says, and time passing. */
import { writeAll } from './io';
import { args_get, args_sizes_get, environ_get, environ_sizes_get, poll_oneoff, proc_exit } from './wasi';

const STDOUT = 1;
const CLOCK_MONOTONIC = 1;
const EVENT_CLOCK: u8 = 0;
const EVENT_FD_READ: u8 = 1;
const SUBSCRIPTION = 48;
const EVENT = 32;

/** A line on the console. */
export function print(text: string): void {
  writeAll(STDOUT, String.UTF8.encode(text + '\n'));
}

/** Ends the program: it did not work, and why. */
export function fail(text: string): void {
  print(text);
  proc_exit(1);
}

/** The program's own name is the first. */
export function programArguments(): string[] {
  return texts(args_sizes_get, args_get);
}

/** Each `NAME=value`. */
export function environment(): string[] {
  return texts(environ_sizes_get, environ_get);
}

const sizes = memory.data(8, 4);

function texts(measure: (count: usize, bytes: usize) => i32, get: (pointers: usize, bytes: usize) => i32): string[] {
  measure(sizes, sizes + 4);
  const pointers = new StaticArray<usize>(load<u32>(sizes));
  const bytes = new ArrayBuffer(load<u32>(sizes, 4));
  get(changetype<usize>(pointers), changetype<usize>(bytes));
  const found: string[] = [];
  for (let at = 0; at < pointers.length; at++) found.push(String.UTF8.decodeUnsafe(pointers[at], lengthOf(pointers[at])));
  return found;
}

/** Of a text that a NUL ends. */
function lengthOf(text: usize): usize {
  let end = text;
  while (load<u8>(end) !== 0) end++;
  return end - text;
}

export function sleep(seconds: i32): void {
  subscribeClock(seconds);
  poll_oneoff(subscriptions, events, 1, happened);
}

/** Whether there is something to read, or the end of it, within the time. */
export function readable(fd: i32, seconds: i32): bool {
  subscribeClock(seconds);
  store<u8>(subscriptions + SUBSCRIPTION, EVENT_FD_READ, 8);
  store<i32>(subscriptions + SUBSCRIPTION, fd, 16);
  poll_oneoff(subscriptions, events, 2, happened);
  for (let at: u32 = 0; at < load<u32>(happened); at++) if (load<u8>(events + at * EVENT, 10) === EVENT_FD_READ) return true;
  return false;
}

const subscriptions = memory.data(2 * SUBSCRIPTION, 8);
const events = memory.data(2 * EVENT, 8);
const happened = memory.data(4, 4);

/** The first subscription: counted from now. */
function subscribeClock(seconds: i32): void {
  store<u8>(subscriptions, EVENT_CLOCK, 8);
  store<u32>(subscriptions, CLOCK_MONOTONIC, 16);
  store<u64>(subscriptions, <u64>seconds * 1_000_000_000, 24);
}
