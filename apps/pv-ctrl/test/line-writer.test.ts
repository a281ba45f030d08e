import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { lineWriter } from '../src/line-writer.ts';

test('lines are written', () => {
  const written: string[] = [];
  const write = lineWriter(new Writable({ write: (chunk: Buffer, _encoding, done) => (written.push(chunk.toString()), done()) }));
  write('one');
  write('two');
  expect(written).toEqual(['one\n', 'two\n']);
});

test('while nobody reads, what is queued stays bounded', () => {
  const stuck = new Writable({ write: () => undefined });
  const write = lineWriter(stuck);
  for (let count = 0; count < 10_000; count += 1) write('x'.repeat(100));
  expect(stuck.writableLength).toBeLessThan(128 * 1024);
});

test('a broken pipe is survived', async () => {
  const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
  const write = lineWriter(broken);
  write('one');
  await new Promise((done) => setImmediate(done));
  expect(broken.destroyed).toBe(true);
  expect(() => write('two')).not.toThrow();
});
