/** Spec control-api 1.2 and 1.3, bytes in and bytes out, through the real process. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rawExchange } from '@pv/testkit/raw-http';
import { startDoor, type DoorProcess } from '../door-process.ts';

const doors: DoorProcess[] = [];
const door = (): DoorProcess => doors[0] ?? expect.fail('no door');
beforeAll(async () => void doors.push(await startDoor()));
afterAll(() => door().stop());

const stop = '{"action":"stop"}';
const close = 'Connection: close\r\n';
const get = (target: string, ...fields: string[]): string => `GET ${target} HTTP/1.1\r\n${close}${fields.map((field) => `${field}\r\n`).join('')}\r\n`;
const put = (target: string, body: string, ...fields: string[]): string =>
  `PUT ${target} HTTP/1.1\r\n${close}${fields.map((field) => `${field}\r\n`).join('')}Content-Length: ${Buffer.byteLength(body, 'latin1')}\r\n\r\n${body}`;

const accepted: [what: string, bytes: string][] = [
  ['HTTP/1.0 without Host', 'GET /containers HTTP/1.0\r\n\r\n'],
  ['HTTP/1.1 without Host', get('/containers')],
  ['an empty Host', get('/containers', 'Host:')],
  ['localhost', get('/containers', 'Host: localhost')],
  ['localhost in any case, with a port', get('/containers', 'hOST: LocalHost:8080')],
  ['an absolute target', get('http://localhost/containers', 'Host: localhost')],
  ['an absolute target in any case, with a port', get('HTTP://LOCALHOST:80/containers')],
  ['an absolute target without a host', get('http:///containers')],
  ['a query that is not asked for', get('/containers?x=1&y')],
  ['a percent-encoded path', get('/%63ontainers')],
  ['a head of many fields', get('/containers', ...Array.from({ length: 500 }, (_, index) => `X-${index}: ${'v'.repeat(100)}`))],
  ['a target as long as allowed', get(`/containers?${'q'.repeat(8192 - '/containers?'.length)}`)],
  ['leading empty lines', `\r\n\r\n${get('/containers')}`],
  ['a body on a request that needs none', `GET /containers HTTP/1.1\r\n${close}Content-Length: 5\r\n\r\nhello`],
  ['an action', put('/containers/web', stop)],
  ['an action with blanks and other keys', put('/containers/web', ' { "x" : [1], "action" : "restart" } ')],
  ['an action in chunks', `PUT /containers/web HTTP/1.1\r\n${close}Transfer-Encoding: chunked\r\n\r\n5\r\n${stop.slice(0, 5)}\r\nc;ext=1\r\n${stop.slice(5)}\r\n0\r\nTrailer: x\r\n\r\n`],
  ['an action over HTTP/1.0', `PUT /containers/web HTTP/1.0\r\nContent-Length: ${stop.length}\r\n\r\n${stop}`],
  ['a body of exactly the limit', put('/containers/web', stop.padEnd(1024))],
  ['Expect over HTTP/1.0, which knows none', `PUT /containers/web HTTP/1.0\r\nExpect: nothing\r\nContent-Length: ${stop.length}\r\n\r\n${stop}`],
];

describe('accepted', () => {
  test.each(accepted)('%s', async (_what, bytes) => {
    const answers = await rawExchange(door().socket('_pv_'), bytes);
    expect(answers.map(({ status, body }) => [status, body])).toEqual([[200, '[]']]);
  });

  test.each(accepted)('%s, in single bytes', async (_what, bytes) => {
    if (bytes.length > 2000) return;
    expect((await rawExchange(door().socket('_pv_'), bytes, { piece: 1 })).map(({ status }) => status)).toEqual([200]);
  });

  test.each(accepted)('%s, then the write side shut', async (_what, bytes) => {
    expect((await rawExchange(door().socket('_pv_'), bytes, { halfClose: true })).map(({ status }) => status)).toEqual([200]);
  });
});

const refused: [what: string, bytes: string, status: number, code: string][] = [
  ['another Host', get('/containers', 'Host: example.org'), 400, 'bad-host'],
  ['a Host that only begins well', get('/containers', 'Host: localhost.evil'), 400, 'bad-host'],
  ['a Host with a bad port', get('/containers', 'Host: localhost:http'), 400, 'bad-host'],
  ['two Hosts', get('/containers', 'Host: localhost', 'Host: localhost'), 400, 'bad-host'],
  ['another host in an absolute target', get('http://example.org/containers'), 400, 'bad-host'],
  ['another Host beside a good absolute target', get('http://localhost/containers', 'Host: example.org'), 400, 'bad-host'],
  ['user information in an absolute target', get('http://a@localhost/containers'), 400, 'bad-host'],
  ['another scheme', get('https://localhost/containers'), 400, 'bad-request'],
  ['HTTP/2', get('/containers').replace('HTTP/1.1', 'HTTP/2.0'), 400, 'bad-request'],
  ['HTTP/2 with its preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'bad-request'],
  ['HTTP/0.9', 'GET /containers\r\n\r\n', 400, 'bad-request'],
  ['HTTP/3.7', get('/containers').replace('HTTP/1.1', 'HTTP/3.7'), 400, 'bad-request'],
  ['another protocol', get('/containers').replace('HTTP/1.1', 'SIP/2.0'), 400, 'bad-request'],
  ['bare line feeds', get('/containers').replaceAll('\r\n', '\n'), 400, 'bad-request'],
  ['a blank before the colon', get('/containers', 'X : y'), 400, 'bad-request'],
  ['a folded field', get('/containers', 'X: y', ' z'), 400, 'bad-request'],
  ['NUL in a field', get('/containers', 'X: a\0b'), 400, 'bad-request'],
  ['Content-Length beside chunks', `PUT /containers/web HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400, 'bad-request'],
  ['chunks beside Content-Length', `PUT /containers/web HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n`, 400, 'bad-request'],
  ['two lengths', put('/containers/web', stop, 'Content-Length: 3'), 400, 'bad-request'],
  ['a list of lengths', `PUT /containers/web HTTP/1.1\r\nContent-Length: 3, 3\r\n\r\nabc`, 400, 'bad-request'],
  ['a signed length', 'PUT /containers/web HTTP/1.1\r\nContent-Length: +3\r\n\r\nabc', 400, 'bad-request'],
  ['a negative length', 'PUT /containers/web HTTP/1.1\r\nContent-Length: -3\r\n\r\nabc', 400, 'bad-request'],
  ['a length beyond 64 bits', 'PUT /containers/web HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n', 400, 'bad-request'],
  ['chunked twice', `PUT /containers/web HTTP/1.1\r\n${close}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`, 400, 'bad-request'],
  ['a chunk size that is none', 'PUT /containers/web HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n', 400, 'bad-request'],
  ['a chunk ended by a bare line feed', 'PUT /containers/web HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n', 400, 'bad-request'],
  ['OPTIONS', get('/containers').replace('GET', 'OPTIONS'), 501, 'method-not-implemented'],
  ['OPTIONS of everything', get('*').replace('GET', 'OPTIONS'), 501, 'method-not-implemented'],
  ['PATCH', put('/containers/web', stop).replace('PUT', 'PATCH'), 501, 'method-not-implemented'],
  ['TRACE', get('/containers').replace('GET', 'TRACE'), 501, 'method-not-implemented'],
  ['CONNECT', get('localhost:80').replace('GET', 'CONNECT'), 501, 'method-not-implemented'],
  ['an unknown word', get('/containers').replace('GET', 'BREW'), 501, 'method-not-implemented'],
  ['a method in small letters', get('/containers').replace('GET', 'get'), 501, 'method-not-implemented'],
  ['another Expect', put('/containers/web', stop, 'Expect: the-unexpected'), 417, 'bad-expectation'],
  ['a target too long', get(`/containers?${'q'.repeat(8192)}`), 414, 'uri-too-long'],
  ['a segment too long', get(`/containers/${'a'.repeat(255)}`).replace('GET', 'PUT'), 400, 'bad-name'],
  ['a head too large', get('/containers', `X: ${'v'.repeat(65_536)}`), 431, 'head-too-large'],
  ['a target larger than a head', get(`/${'v'.repeat(70_000)}`), 431, 'head-too-large'],
  ['a body too large', put('/containers/web', stop.padEnd(1025)), 413, 'too-large'],
  ['chunks too large', 'PUT /containers/web HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n' + 'x'.repeat(2000), 413, 'too-large'],
  ['an unknown endpoint', get('/objects/..%2f..'), 404, 'no-such-endpoint'],
  ['no path', get('?x'), 400, 'bad-request'],
  ['the root', get('/'), 404, 'no-such-endpoint'],
  ['a wildcard template', put('/containers/{}', stop), 400, 'bad-name'],
  ['a missing name', put('/containers/', stop), 400, 'missing-container-name'],
  ['a missing daemon', put('/daemons/', stop), 400, 'missing-daemon-name'],
  ['a wrong method', put('/containers', stop), 405, 'method-not-allowed'],
  ['a wrong method on a template', get('/containers/web'), 405, 'method-not-allowed'],
  ['an empty body', put('/containers/web', ''), 400, 'bad-json'],
  ['no action', put('/containers/web', '{}'), 400, 'missing-action'],
  ['another action', put('/daemons/pv-xconnect', '{"action":"kill"}'), 400, 'bad-action'],
  ['to stop the door through itself', put('/daemons/pv-ctrl', stop), 403, 'daemon-is-caller'],
  ['the same, spelled otherwise', put('/daemons/pv%2dctrl?x', '{"x":1,"action":"\\u0073top"}'), 403, 'daemon-is-caller'],
];

describe('refused, with one answer, and never forwarded', () => {
  test.each(refused)('%s', async (_what, bytes, status, code) => {
    const before = door().core.asked.length;
    const answers = await rawExchange(door().socket('_pv_'), bytes, { halfClose: false });
    expect(answers.map((answer) => answer.status)).toEqual([status]);
    expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ code });
    expect(answers[0]?.fields.get('content-type')).toBe('application/json');
    expect(door().core.asked.length).toBe(before);
  });

  test.each(refused)('%s, then a second request: never two answers to one', async (_what, bytes, status) => {
    const kept = bytes.replace(close, '');
    const answers = await rawExchange(door().socket('_pv_'), kept + get('/nothing'));
    expect(answers[0]?.status).toBe(status);
    expect(answers.slice(1).every((answer) => answer.status === 404 || answer.status === 400)).toBe(true);
    expect(answers.length).toBeLessThanOrEqual(2);
  });

  test('HEAD of a known path is a wrong method, answered without a body', async () => {
    const text = await rawExchange(door().socket('_pv_'), get('/containers').replace('GET', 'HEAD'));
    expect(text.map(({ status, body, fields }) => [status, body, fields.get('allow')])).toEqual([[405, '', 'GET']]);
  });
});

test('keep-alive: many requests over one connection, refusals among them', async () => {
  const ask = (target: string): string => `GET ${target} HTTP/1.1\r\n\r\n`;
  const answers = await rawExchange(door().socket('_pv_'), ask('/containers') + ask('/nothing') + ask('/groups') + get('/daemons'));
  expect(answers.map(({ status }) => status)).toEqual([200, 404, 200, 200]);
});

test('HTTP/1.0 with keep-alive keeps', async () => {
  const ask = 'GET /containers HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';
  const answers = await rawExchange(door().socket('_pv_'), ask + ask + get('/groups'));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
});

test('100 Continue comes after the caller and the path were found good, not before', async () => {
  const expecting = (target: string): string => `PUT ${target} HTTP/1.1\r\n${close}Expect: 100-continue\r\nContent-Length: ${stop.length}\r\n\r\n`;
  expect((await rawExchange(door().socket('_pv_'), expecting('/containers/web'), { count: 1 }))[0]?.status).toBe(100);
  expect((await rawExchange(door().socket('app'), expecting('/containers/web'), { count: 1 }))[0]?.status).toBe(403);
  expect((await rawExchange(door().socket('_pv_'), expecting('/nothing'), { count: 1 }))[0]?.status).toBe(404);
});
