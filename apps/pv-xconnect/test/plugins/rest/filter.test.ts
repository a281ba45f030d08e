/** The filter of rest links, alone: what goes on, what is answered, what ends. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeRestFilter, type RestSpec } from '../../../src/plugins/rest/filter.ts';
import { filterBench, type FilterBench } from '../../kit/filter-bench.ts';

interface Session extends FilterBench {
  ask(...pieces: string[]): void;
  reply(...pieces: string[]): void;
  /** What went to a side since the last look. */
  toProvider(): string;
  toConsumer(): string;
}

function session(more: Partial<RestSpec> = {}): Session {
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

const identity = 'X-PV-Client: shop\r\nX-PV-Role: clerk\r\n';
const get = (path = '/') => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const got = (path = '/') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${identity}\r\n`;
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('identity', () => {
  const claims = 'X-PV-Role: admin\r\nx-pv-client: evil\r\nX_PV_Role: admin\r\nx-Pv_RoLe: admin\r\nX-PV-Role: twice\r\nX-PV-Other: x\r\nX.PV.Role: admin\r\n';

  test("7.2-1 the consumer's own claims go nowhere, ours come right after Host", () => {
    const { ask, toProvider } = session();
    ask(`GET / HTTP/1.1\r\nA: 1\r\n${claims}Host: a\r\nX-Pvc: stays\r\n\r\n`);
    expect(toProvider()).toBe(`GET / HTTP/1.1\r\nHost: a\r\n${identity}A: 1\r\nX-Pvc: stays\r\n\r\n`);
  });

  test('7.2-1 without a Host ours come right after the request line', () => {
    const { ask, toProvider } = session();
    ask(`GET / HTTP/1.0\r\n${claims}\r\n`);
    expect(toProvider()).toBe(`GET / HTTP/1.0\r\n${identity}\r\n`);
  });

  test('7.2-1 a folded claim is refused', () => {
    const { ask, toProvider, toConsumer, did } = session();
    ask('GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\n X-PV-Role: admin\r\n\r\n');
    expect(toProvider()).toBe('');
    expect(toConsumer()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*"Error":"Malformed request: a field that goes on in the next line \(obs-fold\)","hint":"Send /s);
    expect(did.at(-1)).toBe('finish');
  });

  test('7.2-1 nothing is claimed in trailers', () => {
    const { ask, toProvider } = session();
    ask('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhi\r\n0\r\nX-PV-Role: admin\r\nx_pv_client: evil\r\nConnection: close\r\nContent-Length: 9\r\nSum: 1\r\n\r\n');
    expect(toProvider()).toBe(`POST / HTTP/1.1\r\nHost: a\r\n${identity}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nSum: 1\r\n\r\n`);
  });

  test('7.2-1 Connection cannot have our fields dropped', () => {
    const { ask, toProvider } = session();
    ask('GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-PV-Role, X-PV-Client, Secret, Host\r\nSecret: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nProxy-Authorization: x\r\nProxy-Connection: close\r\nUpgrade: foo\r\nA: 1\r\n\r\n');
    expect(toProvider()).toBe(`GET / HTTP/1.1\r\nHost: a\r\n${identity}A: 1\r\n\r\n`);
  });

  test('7.2-2 every request says who asks, pipelined ones too, one at a time', () => {
    const { ask, reply, toProvider, toConsumer, did } = session();
    ask(`${get('/1')}GET /2 HTTP/1.1\r\n${claims}Host: a\r\n\r\n${get('/3').slice(0, 9)}`);
    expect(toProvider()).toBe(got('/1'));
    expect(did).toContain('pause consumer');
    reply(ok);
    expect(toProvider()).toBe(got('/2'));
    reply(ok);
    expect(toProvider()).toBe('');
    expect(did.at(-1)).toBe('resume consumer');
    ask(get('/3').slice(9));
    expect(toProvider()).toBe(got('/3'));
    expect(toConsumer()).toBe(ok.repeat(2));
  });

  test.each([Array.from({ length: 200 }, (_, at) => at)])('7.2-3 split at each offset, each request goes on as one', (...offsets) => {
    const request = `POST /x HTTP/1.1\r\nX-PV-Role: admin\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`;
    for (const at of offsets.slice(1, request.length)) {
      const { ask, toProvider } = session();
      ask(request.slice(0, at), request.slice(at));
      expect(toProvider()).toBe(`POST /x HTTP/1.1\r\nHost: a\r\n${identity}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`);
    }
  });

  test('7.2-2 whatever is sent, in whatever pieces, each request that goes on says it once', () => {
    const word = fc.constantFrom(get(), get('/a'), claims, 'GET / HTTP/1.1\r\n', 'Host: a\r\n', '\r\n', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n', 'Transfer-Encoding: chunked\r\n', 'X-PV-Role: admin\r\n', '5\r\nhello\r\n', '0\r\n\r\n', '\n', ' ');
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), fc.integer({ min: 1, max: 50 }), (words, size) => {
        const { ask, reply, toProvider, did } = session();
        const bytes = words.join('');
        for (let at = 0; at < bytes.length; at += size) ask(bytes.slice(at, at + size));
        for (let sent = toProvider(); sent !== ''; sent = toProvider()) {
          // The body of the requests above is never followed by anything.
          const [head = ''] = sent.split('\r\n\r\n');
          expect(head.match(/^x.pv.role/gim)).toHaveLength(1);
          expect(head).toContain('X-PV-Role: clerk');
          if (!did.includes('finish')) reply(ok);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('responses', () => {
  const answered = (request: string, ...pieces: string[]): Session => {
    const one = session();
    one.ask(request);
    one.toProvider();
    one.reply(...pieces);
    return one;
  };

  test.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n'],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['GET', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['GET', 'HTTP/1.1 200 OK\r\nA: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nT: 1\r\n\r\n'],
  ])('7.2-4 %s: %j is whole, and the next request goes on', (method, response) => {
    const { ask, toProvider, toConsumer, did } = answered(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`, ...response);
    expect(toConsumer()).toBe(response);
    ask(get('/next'));
    expect(toProvider()).toBe(got('/next'));
    expect(did).not.toContain('finish');
  });

  test('interim responses come before the final one', () => {
    const { ask, toProvider, reply, toConsumer } = session();
    ask('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n');
    reply('HTTP/1.1 100 Continue\r\n\r\n');
    expect(toConsumer()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    ask('GET ');
    expect(toProvider()).toBe(`POST / HTTP/1.1\r\nHost: a\r\n${identity}Expect: 100-continue\r\nContent-Length: 4\r\n\r\nGET `);
    reply(ok);
    expect(toConsumer()).toBe(ok);
  });

  test('7.2-4 after an early refusal of Expect what follows is neither body nor request', () => {
    const { ask, reply, toProvider, toConsumer, did } = session();
    ask('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 40\r\n\r\n');
    toProvider();
    reply('HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n');
    expect(toConsumer()).toBe('HTTP/1.1 417 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    expect(did.at(-1)).toBe('finish');
    ask(get('/hidden'));
    expect(toProvider()).toBe('');
  });

  test('an HTTP/1.0 response ends with its connection, and so does ours', () => {
    const { toConsumer, did, filter } = answered(get(), 'HTTP/1.0 200 OK\r\n\r\n', 'some ', 'text');
    filter.onEnd?.('provider');
    expect(toConsumer()).toBe('HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nsome text');
    expect(did.at(-1)).toBe('finish');
  });

  test('chunks become plain bytes for HTTP/1.0', () => {
    const { toConsumer, did } = answered('GET / HTTP/1.0\r\n\r\n', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n1\r\n!\r\n0\r\nT: 1\r\n\r\n');
    expect(toConsumer()).toBe('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok!');
    expect(did.at(-1)).toBe('finish');
  });

  test('the connection stays when both sides want it, and says so to HTTP/1.0', () => {
    const { toConsumer, did } = answered('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nConnection: keep-alive, X\r\nX: 1\r\nContent-Length: 0\r\n\r\n');
    expect(toConsumer()).toBe('HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n\r\n');
    expect(did).not.toContain('finish');
  });

  test.each([
    ['GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', ok],
    [get(), 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
  ])('it ends when one of them wants that', (request, response) => {
    const { toConsumer, did } = answered(request, response);
    expect(toConsumer()).toContain('\r\nConnection: close\r\n');
    expect(did.at(-1)).toBe('finish');
  });

  test.each([
    ['behind the answer', get(), `${ok}HTTP/1.1 200 OK\r\n`],
    ['behind it, with a request waiting', get() + get('/2'), ok + ok],
    ['as the body of a 204', get() + get('/2'), 'HTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['as the body of a HEAD', `HEAD / HTTP/1.1\r\nHost: a\r\n\r\n${get('/2')}`, `${ok}`],
  ])('7.2-4 bytes that no request asked for, %s, end the session', (_what, request, response) => {
    const { toProvider, toConsumer, did } = answered(request, response);
    expect(did.slice(-2)).toEqual(['note the provider sent bytes that no request asked for', 'finish']);
    expect(toConsumer().match(/^HTTP/gm)).toHaveLength(1);
    expect(toProvider()).toBe('');
  });

  test('7.2-4 an answer before the question ends the session', () => {
    const { reply, toConsumer, did } = session();
    reply(ok);
    expect(toConsumer()).toBe('');
    expect(did.at(-1)).toBe('finish');
  });

  test.each([
    ['a malformed head', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['a 101 to what was not asked for', 'HTTP/1.1 101 Switch\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n'],
  ])('7.2-4 %s becomes a 502', (_what, response) => {
    const { toConsumer, did } = answered(get(), response);
    expect(toConsumer()).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n.*\{"Error":"Malformed response of the provider: .*","hint":".*"\}\n$/s);
    expect(did.at(-1)).toBe('finish');
  });

  test('7.2-4 a malformed body breaks the connection', () => {
    const { did } = answered(get(), 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokx');
    expect(did.at(-1)).toBe("abort the provider's response is malformed: no CRLF after a chunk's data");
  });
});

describe('upgrades and tunnels', () => {
  const upgrade = (field = 'websocket', more = '') => `GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${field}\r\n${more}\r\n`;
  const switching = 'HTTP/1.1 101 Switching Protocols\r\nSec-A: 1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n';

  test('after a 101 everything is copied, in order', () => {
    const { ask, reply, toProvider, toConsumer, did } = session();
    ask(`${upgrade()}early`);
    expect(toProvider()).toBe(`GET /ws HTTP/1.1\r\nHost: a\r\n${identity}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n`);
    reply(`${switching}frames`);
    expect(toConsumer()).toBe(`${switching}frames`);
    expect(toProvider()).toBe('early');
    expect(did.at(-1)).toBe('pass through');
  });

  test('7.2-4 a request behind or inside a refused upgrade is a request, or a body', () => {
    const { ask, reply, toProvider, did } = session();
    ask(upgrade('websocket', 'Content-Length: 5\r\n') + 'GET /' + `GET /hidden HTTP/1.1\r\nHost: a\r\nX-PV-Role: admin\r\n\r\n`);
    expect(toProvider()).toMatch(/\r\n\r\nGET \/$/);
    reply('HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n');
    expect(toProvider()).toBe(got('/hidden'));
    expect(did).not.toContain('pass through');
  });

  test.each(['h2c', 'H2C', 'HTTP/2.0', 'TLS/1.2', 'h2c, tls/1.0'])('7.2-4 an upgrade to %s, in which requests would go on unread, is not asked for', (protocol) => {
    const { ask, toProvider } = session();
    ask(upgrade(protocol, 'HTTP2-Settings: x\r\n'));
    expect(toProvider()).toBe(got('/ws'));
  });

  test('7.2-4 a 101 before the request is whole, or to another protocol, is a bad response', () => {
    for (const request of [upgrade('websocket', 'Content-Length: 50\r\n'), upgrade('foo')]) {
      const { ask, reply, toConsumer, did } = session();
      ask(request);
      reply(switching);
      expect(toConsumer()).toMatch(/^HTTP\/1\.1 502 /);
      expect(did).not.toContain('pass through');
    }
  });

  test('a CONNECT that succeeds is a tunnel', () => {
    const { ask, reply, toProvider, toConsumer, did } = session();
    ask('CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nhello');
    expect(toProvider()).toBe(`CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n${identity}\r\n`);
    reply('HTTP/1.1 200 Go\r\nContent-Length: 7\r\n\r\nwelcome');
    expect(toConsumer()).toBe('HTTP/1.1 200 Go\r\n\r\nwelcome');
    expect(toProvider()).toBe('hello');
    expect(did.at(-1)).toBe('pass through');
  });

  test('7.2-4 a request behind a CONNECT that fails is a request', () => {
    const { ask, reply, toProvider, did } = session();
    ask(`CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\nX-PV-Role: admin\r\n\r\n`);
    toProvider();
    reply('HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n');
    expect(toProvider()).toBe(got('/hidden'));
    expect(did).not.toContain('pass through');
  });
});

describe('rules', () => {
  const allow = [{ roles: ['clerk' as never], methods: ['GET'], path: '/v1/*' }];

  test('what no rule allows is answered, counted, and does not reach the provider', () => {
    const { ask, toProvider, toConsumer, did } = session({ allow });
    ask('DELETE /v1/x HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(toProvider()).toBe('');
    expect(did).toEqual(["refused allow: no rule of role 'clerk' has this method and path: DELETE /v1/x", 'finish']);
    expect(toConsumer()).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n.*\{"Error":"Refused by allow: no rule of role 'clerk' has this method and path: DELETE \/v1\/x","hint":"Ask for what .*GET \/v1\/\*\."\}\n$/s);
  });

  test('what is compared is what goes on', () => {
    const { ask, toProvider } = session({ allow });
    ask(get('/v1/../v1//%61?x=%2e/..'));
    expect(toProvider()).toBe(got('/v1/a?x=%2e/..'));
  });

  test('the answer to a HEAD has no body', () => {
    const { ask, toConsumer } = session({ allow });
    ask('HEAD /v2 HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(toConsumer()).toMatch(/^HTTP\/1\.1 403 .*\r\n\r\n$/s);
  });
});

describe('a provider that is not there, or goes', () => {
  test.each([['away', 502], ['slow', 504]] as const)('%s: the request is answered with %i', (cause, status) => {
    const { filter, ask, toConsumer, did } = session();
    filter.onAbsent?.(cause, '');
    expect(toConsumer()).toBe('');
    ask(get());
    expect(toConsumer()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*"Error":"The provider .*"hint":`, 's'));
    expect(did.at(-1)).toBe('finish');
  });

  test('without a request, that session is not kept for ever', () => {
    const { filter, did } = session();
    filter.onAbsent?.('away', '');
    filter.onDeadline?.();
    expect(did).toEqual(['deadline 60000', 'finish']);
  });

  test('ending before it answers is a 502; on a connection that was used it is an end', () => {
    const first = session();
    first.ask(get());
    first.filter.onEnd?.('provider');
    expect(first.toConsumer()).toMatch(/^HTTP\/1\.1 502 .*ended the connection before it answered/s);
    const used = session();
    used.ask(get());
    used.reply(ok);
    used.toConsumer();
    used.ask(get());
    used.filter.onEnd?.('provider');
    expect(used.toConsumer()).toBe('');
    expect(used.did.at(-1)).toBe('finish');
  });

  test('no head within the time is a 504, however many requests shared the timer', () => {
    const { ask, reply, toConsumer, did, filter } = session();
    ask(get());
    reply(ok);
    ask(get());
    expect(did).toEqual(['deadline 15000']);
    toConsumer();
    for (let turn = 0; turn < 4; turn += 1) filter.onDeadline?.();
    expect(toConsumer()).toBe('');
    filter.onDeadline?.();
    expect(toConsumer()).toMatch(/^HTTP\/1\.1 504 Gateway Timeout/);
    expect(did).toEqual([...Array<string>(5).fill('deadline 15000'), 'finish']);
  });

  test('once the head is there, the body may take its time', () => {
    const { ask, reply, did, filter } = session();
    ask(get());
    reply('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no');
    filter.onDeadline?.();
    expect(did).toEqual(['deadline 15000']);
  });
});

describe('a consumer that ends', () => {
  test('after its request, it still gets the whole answer', () => {
    const { ask, filter, reply, toConsumer, did } = session();
    ask(get());
    filter.onEnd?.('consumer');
    expect(did).toEqual(['deadline 15000']);
    reply(ok);
    expect(toConsumer()).toBe('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok');
    expect(did.at(-1)).toBe('finish');
  });

  test('between requests: the session is over', () => {
    const { filter, toConsumer, did } = session();
    filter.onEnd?.('consumer');
    expect([toConsumer(), did]).toEqual(['', ['finish']]);
  });

  test.each(['GET / HT', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab'])('within a request: %j is refused', (part) => {
    const { ask, filter, toConsumer, did } = session();
    ask(part);
    filter.onEnd?.('consumer');
    expect(toConsumer()).toMatch(/^HTTP\/1\.1 400 .*a request that ends too soon/s);
    expect(did.at(-1)).toBe('finish');
  });
});

test('descriptors are not for HTTP', () => {
  const { filter, closed } = session();
  filter.onData('consumer', Buffer.from(get()), [7, 8]);
  expect(closed).toEqual([7, 8]);
});

test('between two exchanges a session can be handed over, at no other time', () => {
  const { filter, ask, reply } = session();
  expect(filter.snapshot?.()).toEqual({ wasUsed: false });
  ask('GET');
  expect(filter.snapshot?.()).toBeUndefined();
  ask(get().slice(3));
  expect(filter.snapshot?.()).toBeUndefined();
  reply(ok);
  expect(filter.snapshot?.()).toEqual({ wasUsed: true });
});

test('random bytes from both sides never make it throw', () => {
  const word = fc.constantFrom(get(), ok, 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 100 C\r\n\r\n', '\r\n', 'Content-Length: 3\r\n', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n', '0\r\n\r\n', 'HEAD / HTTP/1.0\r\n\r\n', 'x', '\0');
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), word), { maxLength: 30 }), (steps) => {
      const { ask, reply } = session();
      for (const [fromConsumer, bytes] of steps) (fromConsumer ? ask : reply)(bytes);
    }),
    { numRuns: 1_000 },
  );
});
