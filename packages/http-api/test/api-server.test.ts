import { once } from 'node:events';
import type { Socket } from 'node:net';
import { RawClient, rawExchange } from '@pv/testkit/raw-http';
import { waitFor } from '@pv/testkit/wait-for';
import { describe, expect, test } from 'vitest';
import type { Reply } from '../src/answer.ts';
import { event, served } from './served.ts';

const list = async (): Promise<Reply> => ({ kind: 'json', value: [] });
const statuses = (answers: readonly { status: number }[]): number[] => answers.map(({ status }) => status);
const good = 'GET /containers HTTP/1.1\r\n\r\n';

describe('order and number of answers', () => {
  test('pipelined requests are served one after the other, in order', async () => {
    const running = { now: 0, most: 0 };
    const { path } = await served(async ({ name }) => {
      running.most = Math.max(running.most, (running.now += 1));
      await new Promise((done) => setImmediate(done));
      running.now -= 1;
      return { kind: 'json', value: name };
    });
    const answers = await rawExchange(path, `${good}GET /groups HTTP/1.1\r\n\r\nGET /daemons HTTP/1.1\r\nConnection: close\r\n\r\n${good}`);
    expect(answers.map(({ body }) => body)).toEqual(['"listContainers"', '"listGroups"', '"listDaemons"']);
    expect(running.most).toBe(1);
  });

  test('garbage after a good request is answered after it, then the end', async () => {
    const { path } = await served(list);
    expect(statuses(await rawExchange(path, `${good}${good}\x01\x02\r\n\r\n${good}`))).toEqual([200, 200, 501]);
  });

  test('more requests ahead than allowed: those that are, then busy, then the end', async () => {
    const { path } = await served(list, { pipelined: 3 });
    expect(statuses(await rawExchange(path, good.repeat(10)))).toEqual([200, 200, 200, 503]);
  });

  test('a client that shut its write side is served all the same', async () => {
    const { path } = await served(async () => {
      await new Promise((done) => setImmediate(done));
      return { kind: 'empty' };
    });
    expect(statuses(await rawExchange(path, good + good, { halfClose: true }))).toEqual([200, 200]);
  });

  test('keep-alive: the same connection again after an error', async () => {
    const { path } = await served(list);
    const client = new RawClient(path);
    for (const [index, target] of ['/containers', '/nothing', '/containers'].entries()) {
      await client.send(`GET ${target} HTTP/1.1\r\n\r\n`);
      await client.answers(index + 1);
    }
    expect(statuses(await client.answers(3))).toEqual([200, 404, 200]);
    client.socket.destroy();
  });
});

describe('time', () => {
  const slow: [what: string, bytes: string, halfClose: boolean][] = [
    ['a head that never ends', 'GET /containers HTTP/1.1\r\nX: y', false],
    ['a body that pauses', 'PUT /containers/a HTTP/1.1\r\nContent-Length: 17\r\n\r\n{"act', false],
    ['a chunked body that pauses', 'PUT /containers/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"act\r\n', false],
  ];
  test.each(slow)('%s: one 408, then the end', async (_what, bytes, halfClose) => {
    const { path } = await served(list, { headMs: 300, bodyIdleMs: 300, requestMs: 60_000 });
    expect(statuses(await rawExchange(path, bytes, { halfClose }))).toEqual([408]);
  });

  test('a head in single bytes is too slow too, however steady', async () => {
    const { path } = await served(list, { headMs: 300 });
    const client = new RawClient(path);
    await client.send('GET /containers HTTP/1.1\r\nX: ');
    const drip = setInterval(() => client.socket.write('y'), 20);
    const answers = await client.answers(1);
    clearInterval(drip);
    expect(statuses(answers)).toEqual([408]);
    client.socket.destroy();
  });

  test('a body in single bytes is too slow too, though it never pauses for long', async () => {
    const { path } = await served(list, { headMs: 300, requestMs: 300 });
    const client = new RawClient(path);
    await client.send('PUT /containers/a HTTP/1.1\r\nContent-Length: 1000\r\n\r\n{');
    const drip = setInterval(() => client.socket.write(' '), 20);
    const answers = await client.answers(1);
    clearInterval(drip);
    expect(statuses(answers)).toEqual([408]);
    client.socket.destroy();
  });

  test('a client that does not read its answer is let go', async () => {
    const large = 'x'.repeat(16 * 1024 * 1024);
    const { path, listener } = await served(async () => ({ kind: 'text', text: large }), { headMs: 300, requestMs: 300, heldMs: 100 });
    const accepted = once(listener, 'connection') as Promise<[Socket]>;
    const client = new RawClient(path);
    await client.send('GET /buildinfo HTTP/1.1\r\n\r\n');
    client.socket.pause();
    const [connection] = await accepted;
    await waitFor(() => connection.destroyed, { what: 'the end of the connection' });
    client.socket.resume();
    expect((await client.answers(1))[0]?.body.length).toBeLessThan(large.length);
  });

  test('a connection that never says anything is closed without a word', async () => {
    const { path } = await served(list, { headMs: 300 });
    expect(await rawExchange(path, '')).toEqual([]);
  });

  test('an idle kept connection is closed without a word', async () => {
    const { path } = await served(list, { keepAliveMs: 200 });
    expect(statuses(await rawExchange(path, good))).toEqual([200]);
  });

  test('a body that arrives in pieces without pause is not slow', async () => {
    const { path } = await served(list);
    const body = '{"action":"stop"}';
    const bytes = `PUT /containers/a HTTP/1.1\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    expect(statuses(await rawExchange(path, bytes, { piece: 1 }))).toEqual([200]);
  });
});

describe('held requests', () => {
  const held = async (_match: unknown, { signal }: { signal: AbortSignal }): Promise<Reply> => {
    if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done));
    return { kind: 'json', value: 'let go' };
  };

  test('a half-closed client is answered at once', async () => {
    const { path } = await served(held);
    expect((await rawExchange(path, good, { halfClose: true }))[0]?.body).toBe('"let go"');
  });

  test('a client that goes away ends the holding', async () => {
    const ended = event();
    const begun = event();
    const { path, faults } = await served(async (match, request) => {
      begun.happen();
      const reply = await held(match, request);
      ended.happen();
      return reply;
    });
    const client = new RawClient(path);
    await client.send(good);
    await begun.happened;
    client.socket.destroy();
    await ended.happened;
    expect(faults).toEqual([]);
  });

  test('drain answers what is held and closes what is idle', async () => {
    const begun = event();
    const { path, api, listener } = await served((match, request) => {
      begun.happen();
      return held(match, request);
    });
    const idle = new RawClient(path);
    const busy = new RawClient(path);
    await busy.send(good);
    await begun.happened;
    listener.close();
    await api.drain(10_000);
    expect(statuses(await busy.answers(1))).toEqual([200]);
    expect(await idle.answers(1)).toEqual([]);
  });

  test('drain does not wait for ever', async () => {
    const begun = event();
    const { path, api, listener } = await served(() => {
      begun.happen();
      return new Promise<Reply>(() => undefined);
    });
    const client = new RawClient(path);
    await client.send(good);
    await begun.happened;
    listener.close();
    await api.drain(50);
    expect(await client.answers(1)).toEqual([]);
  });
});

describe('the last answer', () => {
  test('reaches a client that is still sending', async () => {
    const { path } = await served(list);
    const head = 'PUT /containers/a HTTP/1.1\r\nContent-Length: 500000\r\n\r\n';
    expect(statuses(await rawExchange(path, head + 'x'.repeat(100_000)))).toEqual([413]);
  });

  test('does not let it send for ever', async () => {
    const { path } = await served(list, { lingerBytes: 1024, lingerMs: 60_000 });
    const client = new RawClient(path);
    await client.send('PUT /containers/a HTTP/1.1\r\nContent-Length: 5000000\r\n\r\n');
    await client.answers(1);
    const closed = new Promise((done) => client.socket.once('error', done));
    const pour = (): void => void (client.socket.destroyed || client.socket.write('x'.repeat(10_000), () => setImmediate(pour)));
    pour();
    expect(await closed).toMatchObject({ code: expect.stringMatching(/EPIPE|ECONNRESET/) as unknown });
    client.socket.destroy();
  });

  test('100 Continue is only sent when the body is wanted', async () => {
    const { path } = await served(list);
    const expecting = (length: number): string => `PUT /containers/a HTTP/1.1\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;
    expect(statuses(await rawExchange(path, expecting(5000)))).toEqual([413]);
    const client = new RawClient(path);
    await client.send(expecting(17));
    expect(statuses(await client.answers(1))).toEqual([100]);
    await client.send('{"action":"stop"}');
    expect(statuses(await client.answers(2))).toEqual([100, 200]);
    client.socket.destroy();
  });
});
