/** A filter with nothing around it: what it says to the relay is kept, descriptors are numbers. */
import type { Filter, FilterOutput, MakeFilter, Side } from '@pv/pv-native/relay/filter';

export interface Sent {
  readonly bytes: Buffer;
  readonly fds: readonly number[];
}

export interface FilterBench {
  readonly filter: Filter;
  readonly sent: Readonly<Record<Side, Sent[]>>;
  readonly closed: number[];
  /** Everything else that it did, in order. */
  readonly did: string[];
  /** All bytes that went to a side. */
  bytes(to: Side): Buffer;
  fds(to: Side): number[];
}

export function filterBench(make: MakeFilter, spec: unknown, resumed?: unknown): FilterBench {
  const sent: Record<Side, Sent[]> = { consumer: [], provider: [] };
  const closed: number[] = [];
  const did: string[] = [];
  const out: FilterOutput = {
    send: (to, bytes, fds = []) => void sent[to].push({ bytes: Buffer.from(bytes), fds: [...fds] }),
    end: (to) => void did.push(`end ${to}`),
    finish: () => void did.push('finish'),
    abort: (reason) => void did.push(`abort ${reason}`),
    passThrough: () => void did.push('pass through'),
    pause: (from) => void did.push(`pause ${from}`),
    resume: (from) => void did.push(`resume ${from}`),
    deadline: (ms) => void did.push(`deadline ${ms}`),
    refused: (what) => void did.push(`refused ${what}`),
    note: (text) => void did.push(`note ${text}`),
    closeFds: (fds) => void closed.push(...fds),
  };
  return {
    filter: make(spec, out, resumed), sent, closed, did,
    bytes: (to) => Buffer.concat(sent[to].map(({ bytes }) => bytes)),
    fds: (to) => sent[to].flatMap(({ fds }) => fds),
  };
}
