/**
 * Random and mutated byte streams against the real process. Whatever comes, every answer is well formed, no more
 * answers come than requests could have been sent, and a good request is served afterwards.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { AnswerReader, rawExchange } from '@pv/testkit/raw-http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDoor, type DoorProcess } from './door-process.ts';

const doors: DoorProcess[] = [];
const door = (): DoorProcess => doors[0] ?? expect.fail('no door');
beforeAll(async () => void doors.push(await startDoor()));
afterAll(() => door().stop());

const seeds = [
  'GET /containers HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'PUT /containers/web HTTP/1.1\r\nContent-Length: 17\r\n\r\n{"action":"stop"}',
  'PUT /daemons/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n{"action":"stop"}\r\n0\r\n\r\n',
  'PUT /containers/web HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 17\r\n\r\n{"action":"stop"}',
  'GET http://localhost/xconnect-graph?wait=a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
];

const tokens = ['\r\n', '\n', '\r', '\0', ' ', ':', 'Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n', 'Connection: upgrade\r\nUpgrade: h2c\r\n', 'Host: x\r\n', '%00', '..', '{}', '\xff', '0\r\n\r\n', 'HTTP/1.1', 'a'.repeat(9000)];
const mutation = fc.record({ at: fc.nat(200), cut: fc.nat(8), put: fc.oneof(fc.constantFrom(...tokens), fc.string({ unit: 'binary', maxLength: 6 })) });
const mutated = fc.tuple(fc.array(fc.constantFrom(...seeds), { minLength: 1, maxLength: 5 }), fc.array(mutation, { maxLength: 6 })).map(([parts, mutations]) =>
  mutations.reduce((bytes, { at, cut, put }) => bytes.slice(0, at % (bytes.length + 1)) + put + bytes.slice((at % (bytes.length + 1)) + cut), parts.join('')),
);
const noise = fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const caller = fc.constantFrom('_pv_', 'mgmt', 'app');
const delivery = fc.record({ piece: fc.option(fc.constantFrom(7, 64), { nil: undefined }), halfClose: fc.constant(true) });

test('survives, and never answers more often than it was asked', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 4, arbitrary: mutated }, { weight: 1, arbitrary: noise }), caller, delivery, async (bytes, who, { piece, halfClose }) => {
      const answers = await rawExchange(door().socket(who), bytes, piece === undefined ? { halfClose } : { halfClose, piece });
      const final = answers.filter(({ status }) => status >= 200);
      // A request needs a line of its own; garbage after the last good one is one more.
      expect(final.length).toBeLessThanOrEqual(bytes.split('\n').length + 1);
      for (const { body } of final.filter(({ status }) => status >= 400)) expect(JSON.parse(body)).toHaveProperty('Error');
    }),
    { numRuns: 400, interruptAfterTimeLimit: 15_000 },
  );
  const [answer] = await rawExchange(door().socket('_pv_'), 'GET /containers HTTP/1.1\r\nConnection: close\r\n\r\n');
  expect([answer?.status, answer?.body]).toEqual([200, '[]']);
  expect(door().child.exitCode).toBeNull();
  expect(readFileSync(`/proc/${door().child.pid}/status`, 'utf8')).toMatch(/^CapEff:\t0+$/m);
  expect(door().output.filter((line) => line.startsWith('fault:'))).toEqual([]);
}, 30_000);

test('what reached pv-core was only ever a row of the contract, spelled by us', () => {
  const good = /^(?:GET (?:\/(?:containers|groups|daemons|buildinfo)|\/xconnect-graph(?:\?wait=[\x20-\x7e]*)?)|PUT \/(?:containers|daemons)\/[A-Za-z0-9._-]+)$/;
  for (const { method, url } of door().core.asked) expect(`${method} ${url}`).toMatch(good);
  expect(door().core.asked.length).toBeGreaterThan(0);
});

test('the reader of these tests refuses what is no answer', () => {
  expect(() => new AnswerReader().push(Buffer.from('HTTP/1.1 banana\r\n\r\n'))).toThrow('not a status line');
});
