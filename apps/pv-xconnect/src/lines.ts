/**
 * Lines to stdout or stderr, written at once and in order, for a reader that may be a slow, stopped or dead pv-core.
 * A pipe that nobody empties costs one bounded pause, then lines are dropped until it is read again; a broken pipe
 * costs lines only. Control characters in a line are shown escaped: names and reasons never forge a second line.
 */
import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { printable } from '@pv/runtime/log';

export type Line = (text: string) => void;

export interface Lines {
  readonly out: Line;
  readonly err: Line;
}

const patienceMs = 100;
const stepMs = 5;

export function createLines(): Lines {
  return { out: lineWriter(1), err: lineWriter(2) };
}

export function lineWriter(inherited: number): Line {
  const fd = nonBlocking(inherited);
  let stalled = false;
  return (text) => {
    stalled = !writeAll(fd, Buffer.from(`${printable(text)}\n`), stalled ? 0 : patienceMs);
  };
}

/** A pipe's own open description is shared with others, so non-blocking is set on one of ours. */
function nonBlocking(fd: number): number {
  try {
    if (fstatSync(fd).isFIFO()) return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // No reader, no /proc or a closed descriptor: the inherited one, whose errors are swallowed below.
  }
  return fd;
}

/** False: not (all) written. */
function writeAll(fd: number, bytes: Buffer, patience: number): boolean {
  for (let sent = 0, waited = 0; sent < bytes.length; ) {
    try {
      sent += writeSync(fd, bytes, sent);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || waited >= patience) return false;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stepMs);
      waited += stepMs;
    }
  }
  return true;
}
