/** The command line that the fuzzers share: `--runs N` (10,000 when not given) and `--seed N`. */
import { parseArgs } from 'node:util';
import { mutate, readCorpus, seeded } from './mutate.ts';

/** `check` throws when an input, given in pieces of a size, breaks what must hold. Then the input is printed, and the seed that leads to it alone. */
export function fuzz(name: string, check: (input: Buffer, size: number) => void): void {
  const { values } = parseArgs({ options: { runs: { type: 'string', default: '10000' }, seed: { type: 'string', default: String(1 + (Date.now() % 0x7ffffffe)) } } });
  const corpus = readCorpus(name);
  const first = Number(values.seed);
  for (let run = 0; run < Number(values.runs); run++) {
    const rng = seeded(first + run);
    const input = mutate(corpus, rng);
    const size = [1, 3, 16, 100, 65_536][rng(5)] ?? 1;
    try {
      check(input, size);
    } catch (error) {
      console.error(`${name}: --seed ${first + run} --runs 1, in pieces of ${size}: ${input.toString('hex')}`);
      throw error;
    }
  }
  console.log(`${name}: ${values.runs} inputs from seed ${first}`);
}
