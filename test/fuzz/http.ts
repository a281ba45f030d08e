/**
 * What the HTTP reader makes of bytes whole and cut: the same messages, the same verdict, never a fault.
 * `npx tsx test/fuzz/http.ts [--runs N] [--seed N]`. What fails belongs into the corpus.
 */
import { deepEqual } from 'node:assert/strict';
import { type Read, readRequests, readResponses } from '../../packages/http-wire/test/kit.ts';
import { fuzz } from './run.ts';

fuzz('http', (input, size) => {
  const cuts = Array.from({ length: Math.ceil(input.length / size) }, () => size);
  deepEqual(verdict(readRequests(input, cuts)), verdict(readRequests(input)));
  deepEqual(verdict(readResponses(input, 'GET', cuts)), verdict(readResponses(input, 'GET')));
});

/** Which of two reasons comes first may depend on the cut; that there is one may not. */
function verdict({ messages, refused, isBetween }: Read): unknown {
  return [messages, refused !== undefined, isBetween];
}
