/**
 * Mutates the corpus and compares what the HTTP reader makes of the bytes whole and cut: the same requests, the same
 * verdict, never a fault. Usage: tsx test/fuzz/http.ts [SEED [COUNT]]. What fails is printed; put it into the corpus.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Read, readRequests, readResponses } from '../../packages/http-wire/test/kit.ts';

const corpus = fileURLToPath(new URL('corpus/http/', import.meta.url));
const words = ['\r\n', '\n', '\r', ' ', ':', '\0', '\t', ';', ',', '0', '5', 'Content-Length: 3\r\n', 'Transfer-Encoding: chunked\r\n', 'Host: a\r\n', 'X-PV-Role: x\r\n', 'HTTP/1.1 200 OK\r\n', '\xff'];

const [seed = 1, count = 100_000] = process.argv.slice(2).map(Number);
const random = randomFrom(seed);
const below = (limit: number): number => Math.floor(random() * limit);
const seeds = readdirSync(corpus).filter((name) => name.endsWith('.http')).map((name) => readFileSync(`${corpus}${name}`, 'latin1'));

for (let round = 0; round < count; round += 1) check(Buffer.from(mutated(pick(seeds)), 'latin1'));
console.log(`${count} inputs from seed ${seed}: no difference, no fault`);

function check(bytes: Buffer): void {
  const sizes = Array.from({ length: bytes.length }, () => 1 + below(9));
  for (const read of [readRequests, (all: Uint8Array, cuts?: Iterable<number>) => readResponses(all, 'GET', cuts)]) {
    if (verdict(read(bytes)) === verdict(read(bytes, sizes))) continue;
    console.error(`differs when cut: ${JSON.stringify(bytes.toString('latin1'))}, in pieces of ${sizes.join(' ')}`);
    process.exit(1);
  }
}

/** Which of two reasons comes first may depend on the cut; that there is one may not. */
function verdict({ messages, refused, isBetween }: Read): string {
  return JSON.stringify([messages, refused !== undefined, isBetween]);
}

function mutated(text: string): string {
  let result = text;
  for (let times = 1 + below(4); times > 0; times -= 1) {
    const at = below(result.length + 1);
    const length = below(4);
    const inserted = [() => pick(words), () => String.fromCharCode(below(256)), () => '', () => pick(seeds)][below(4)]?.() ?? '';
    result = result.slice(0, at) + inserted + result.slice(at + length);
  }
  return result;
}

function pick(list: readonly string[]): string {
  return list[below(list.length)] ?? '';
}

/** mulberry32: the same numbers for the same seed. */
function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
