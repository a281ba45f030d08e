/** The way to pv-core and back: streams, holds, and what happens when pv-core is not there. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { RawClient, rawExchange } from '@pv/testkit/raw-http';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startDoor, type DoorProcess } from '../door-process.ts';

const doors: DoorProcess[] = [];
const door = (): DoorProcess => doors[0] ?? expect.fail('no door');
beforeEach(async () => {
  const started = await startDoor();
  doors.splice(0, 1, started);
  onTestFinished(() => started.stop());
});

const host = (): string => door().socket('_pv_');
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nConnection: close\r\n\r\n`;
const put = 'PUT /containers/web HTTP/1.1\r\nConnection: close\r\nContent-Length: 17\r\n\r\n{"action":"stop"}';

/** The next request that reaches pv-core, unanswered. */
const reached = (): Promise<ServerResponse> => new Promise((resolve) => (door().core.answer = (_asked, response) => resolve(response)));

describe('an answer', () => {
  test('comes back with its status, type, length and ETag, and nothing else of pv-core', async () => {
    door().core.answer = (_asked, response) =>
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 5, ETag: '"e"', Allow: 'GET', 'Retry-After': '7', 'X-Inside': 'secret', 'Set-Cookie': 'a=b' }).end('hello');
    const [answer] = await rawExchange(host(), get('/buildinfo'));
    expect([answer?.status, answer?.body]).toEqual([200, 'hello']);
    const { date, ...fields } = Object.fromEntries(answer?.fields ?? []);
    expect(date).toBeDefined();
    expect(fields).toEqual({ 'content-type': 'text/plain', 'content-length': '5', etag: '"e"', allow: 'GET', 'retry-after': '7', connection: 'close' });
  });

  test('that is an error passes as it is', async () => {
    door().core.answer = (_asked, response) => response.writeHead(404, { 'Content-Length': 2 }).end('{}');
    expect((await rawExchange(host(), put)).map(({ status, body }) => [status, body])).toEqual([[404, '{}']]);
  });

  test('of several megabytes streams through whole', async () => {
    const large = 'x'.repeat(8 * 1024 * 1024);
    door().core.answer = (_asked, response) => response.writeHead(200, { 'Content-Length': large.length }).end(large);
    expect((await rawExchange(host(), get('/containers')))[0]?.body.length).toBe(large.length);
  });

  test('begins to arrive before pv-core has finished it', async () => {
    const asked = reached();
    const client = new RawClient(host());
    await client.send(get('/containers'));
    const response = await asked;
    response.writeHead(200, { 'Content-Length': 10 }).write('first');
    while (!client.partial.endsWith('first')) await once(client.socket, 'data');
    response.end('again');
    expect((await client.answers(1))[0]?.body).toBe('firstagain');
  });

  test('is cut, not invented, when pv-core dies in the middle of it', async () => {
    const asked = reached();
    const exchange = rawExchange(host(), get('/containers'));
    (await asked).writeHead(200, { 'Content-Length': 10 }).write('first', () => void door().core.kill());
    expect((await exchange).map(({ status, body }) => [status, body])).toEqual([[200, 'first']]);
    await expectGood();
  });
});

describe('a held request', () => {
  test('is answered when pv-core answers', async () => {
    const asked = reached();
    const client = new RawClient(host());
    await client.send(get('/xconnect-graph?wait=e1'));
    const response = await asked;
    expect(client.partial).toBe('');
    response.writeHead(200, { 'Content-Length': 2, ETag: '"e2"' }).end('[]');
    expect((await client.answers(1))[0]?.fields.get('etag')).toBe('"e2"');
  });

  test('does not keep others waiting', async () => {
    const asked = reached();
    const client = new RawClient(host());
    await client.send(get('/xconnect-graph?wait=e1'));
    await asked;
    await expectGood();
    client.socket.destroy();
  });

  test.each(['destroy', 'end'] as const)('whose client did %s is let go in pv-core too', async (how) => {
    const let_go = new Promise<void>((resolve) => {
      door().core.answer = (_asked, response, request) =>
        request.socket.once('end', () => {
          response.writeHead(200, { 'Content-Length': 2 }).end('[]');
          resolve();
        });
    });
    const client = new RawClient(host());
    await client.send(get('/xconnect-graph?wait=e1'));
    while (door().core.asked.length === 0) await new Promise((done) => setImmediate(done));
    client.socket[how]();
    await let_go;
    expect((await client.answers(1)).length).toBe(how === 'end' ? 1 : 0);
    await expectGood();
  });
});

describe('pv-core away', () => {
  test('for a moment: the request waits, and is asked once', async () => {
    await door().core.kill();
    const exchange = rawExchange(host(), put, { halfClose: true });
    // Sent later and answered: so the first has met an absent pv-core by now.
    await rawExchange(host(), get('/nothing'));
    await door().core.start();
    expect((await exchange).map(({ status }) => status)).toEqual([200]);
    expect(door().core.asked.length).toBe(1);
  });

  test('for longer: 503 with Retry-After, one answer, and the connection is kept', async () => {
    await door().core.kill();
    const answers = await rawExchange(host(), `GET /groups HTTP/1.1\r\n\r\n${get('/nothing')}`);
    expect(answers.map(({ status, fields }) => [status, fields.get('retry-after')])).toEqual([[503, '1'], [404, undefined]]);
    expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ code: 'core-away', Error: 'pv-core does not answer: ENOENT' });
    await door().printed('code=core-away');
    await door().core.start();
    await expectGood();
  });

  test('killed during an action: 503, and the action is not repeated', async () => {
    const asked = reached();
    const exchange = rawExchange(host(), put);
    await asked;
    await door().core.kill();
    await door().core.start();
    expect((await exchange).map(({ status }) => status)).toEqual([503]);
    expect(door().core.asked.length).toBe(1);
    await expectGood();
  });

  test('answering nonsense: 503', async () => {
    const asked = reached();
    const exchange = rawExchange(host(), get('/groups'));
    (await asked).socket?.end('nonsense\r\n\r\n');
    expect((await exchange).map(({ status }) => status)).toEqual([503]);
    await expectGood();
  });
});

test('a client that goes away in the middle of its answer takes nothing with it', async () => {
  const large = 'x'.repeat(8 * 1024 * 1024);
  door().core.answer = (_asked, response) => response.writeHead(200, { 'Content-Length': large.length }).end(large);
  for (let round = 0; round < 20; round += 1) await rawExchange(host(), get('/containers'), { count: 0 });
  for (let round = 0; round < 20; round += 1) {
    const client = new RawClient(host());
    await client.send(get('/containers'));
    await once(client.socket, 'data');
    client.socket.destroy();
  }
  await expectGood();
});

async function expectGood(): Promise<void> {
  if ((await rawExchange(host(), get('/nothing')))[0]?.status !== 404) expect.fail('the door does not answer');
  door().core.answer = (_asked, response) => response.writeHead(200, { 'Content-Length': 4 }).end('good');
  await door().core.start().catch(() => undefined);
  expect((await rawExchange(host(), get('/groups'))).map(({ status, body }) => [status, body])).toEqual([[200, 'good']]);
}
