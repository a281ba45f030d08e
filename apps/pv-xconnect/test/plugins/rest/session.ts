/** A session of the filter of rest links, as text. */
import { makeRestFilter, type RestSpec } from '../../../src/plugins/rest/filter.ts';
import { filterBench, type FilterBench } from '../../kit/filter-bench.ts';

export interface Session extends FilterBench {
  ask(...pieces: string[]): void;
  reply(...pieces: string[]): void;
  /** What went to a side since the last look. */
  toProvider(): string;
  toConsumer(): string;
}

export function session(more: Partial<RestSpec> = {}): Session {
  const bench = filterBench(makeRestFilter, { client: 'shop', role: 'clerk', ...more } satisfies RestSpec);
  const give = (from: 'consumer' | 'provider') => (...pieces: string[]) => {
    for (const piece of pieces) {
      // The relay's buffer: used again after the call.
      const bytes = new Uint8Array(Buffer.from(piece, 'latin1'));
      bench.filter.onData(from, bytes, []);
      bytes.fill(0x23);
    }
  };
  const take = (to: 'consumer' | 'provider') => () => Buffer.concat(bench.sent[to].splice(0).map(({ bytes }) => bytes)).toString('latin1');
  return { ...bench, ask: give('consumer'), reply: give('provider'), toProvider: take('provider'), toConsumer: take('consumer') };
}

export const identity = 'X-PV-Client: shop\r\nX-PV-Role: clerk\r\n';
export const get = (path = '/') => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
export const got = (path = '/') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${identity}\r\n`;
export const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
