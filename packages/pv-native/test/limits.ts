import { expect } from 'vitest';
import { libc } from '../src/libc.ts';

const RLIMIT_NOFILE = 7;
const prlimit: (pid: number, resource: number, wanted: BigUint64Array | null, old: BigUint64Array | null) => number = libc.func('prlimit', 'int', ['int', 'int', 'void *', 'void *']);

/** `work` while this process may have no new descriptor from `limit` on. */
export async function withDescriptors<T>(limit: number, work: () => T | Promise<T>): Promise<T> {
  const old = new BigUint64Array(2);
  expect(prlimit(0, RLIMIT_NOFILE, null, old)).toBe(0);
  expect(prlimit(0, RLIMIT_NOFILE, BigUint64Array.of(BigInt(limit), old[1] ?? 0n), null)).toBe(0);
  try {
    return await work();
  } finally {
    prlimit(0, RLIMIT_NOFILE, old, null);
  }
}
