/** Inputs like those of a corpus, but wrong: the same ones for the same seed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Rng = (below: number) => number;

/** xorshift32; seeds beside each other lead to nothing alike. */
export function seeded(seed: number): Rng {
  let state = (Math.imul(seed, 0x9e3779b1) >>> 0) || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

export function readCorpus(name: string): Buffer[] {
  const folder = join(import.meta.dirname, 'corpus', name);
  return readdirSync(folder).sort().map((file) => readFileSync(join(folder, file)));
}

/** One to eight changes. */
export function mutate(corpus: readonly Buffer[], rng: Rng): Buffer {
  let input = pick(corpus, rng);
  for (let left = 1 + rng(8); left > 0; left--) input = pick(changes, rng)(input, corpus, rng);
  return input;
}

type Change = (input: Buffer, corpus: readonly Buffer[], rng: Rng) => Buffer;

const changes: readonly Change[] = [
  (input, _, rng) => patched(input, rng, Buffer.of(rng(256))),
  (input, _, rng) => patched(input, rng, Buffer.of((input[0] ?? 0) ^ (1 << rng(8)))),
  (input, _, rng) => patched(input, rng, word([0, 1, 7, 8, 16, 255, 65_536, 0x7fffffff, 0x80000000, 0xffffffff][rng(10)] ?? 0)),
  (input, _, rng) => spliced(input, rng, Buffer.of(rng(256)), 0),
  (input, _, rng) => spliced(input, rng, Buffer.alloc(0), 1 + rng(16)),
  (input, corpus, rng) => spliced(input, rng, slice(pick(corpus, rng), rng), 0),
  (input, _, rng) => spliced(input, rng, slice(input, rng), 0),
  (input, _, rng) => input.subarray(0, rng(input.length + 1)),
  (input, corpus, rng) => Buffer.concat([input, pick(corpus, rng)]),
];

function pick<T>(from: readonly T[], rng: Rng): T {
  const one = from[rng(from.length)];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
}

function patched(input: Buffer, rng: Rng, bytes: Buffer): Buffer {
  const copy = Buffer.from(input);
  bytes.copy(copy, rng(input.length + 1));
  return copy;
}

function spliced(input: Buffer, rng: Rng, bytes: Buffer, without: number): Buffer {
  const at = rng(input.length + 1);
  return Buffer.concat([input.subarray(0, at), bytes, input.subarray(at + without)]);
}

function slice(input: Buffer, rng: Rng): Buffer {
  const start = rng(input.length + 1);
  return input.subarray(start, start + rng(64));
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
