/** The filter of rest links, alone: what goes on, what is answered, what ends. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { get, got, identity, ok, session } from './session.ts';

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

  test('7.2-4 the answer to a HEAD has no body', () => {
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
