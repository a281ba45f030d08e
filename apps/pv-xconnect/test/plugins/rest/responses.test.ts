/** What the filter of rest links makes of responses, and of connections that become something else. */
import { describe, expect, test } from 'vitest';
import { get, got, identity, ok, session, type Session } from './session.ts';

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
