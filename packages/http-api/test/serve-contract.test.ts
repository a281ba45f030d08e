import { rawExchange } from '@pv/testkit/raw-http';
import { describe, expect, test } from 'vitest';
import { waitedEtag, type ApiRequest } from '../src/serve-contract.ts';
import { served } from './served.ts';

const echo = async (match: { name: string; params: object }, { caller, body }: ApiRequest) =>
  ({ kind: 'json', value: { name: match.name, params: match.params, caller, body: body ?? null }, etag: 'e1' }) as const;
const put = (path: string, body: string, more = ''): string => `PUT ${path} HTTP/1.1\r\nConnection: close\r\n${more}Content-Length: ${Buffer.byteLength(body, 'latin1')}\r\n\r\n${body}`;
const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nConnection: close\r\n${more}\r\n`;

describe('what reaches the handler', () => {
  test('a row, its decoded parameters, the caller and the checked body', async () => {
    const { path } = await served(echo);
    const [answer] = await rawExchange(path, put('/containers/%77eb', '{"action":"stop","more":1}', 'X-PV-Caller: app\r\n'));
    expect(answer?.status).toBe(200);
    expect(JSON.parse(answer?.body ?? '')).toEqual({ name: 'controlContainer', params: { name: 'web' }, caller: 'app', body: { action: 'stop' } });
    expect(answer?.fields.get('etag')).toBe('"e1"');
    expect(answer?.fields.get('content-type')).toBe('application/json');
  });

  test('the host is the caller when nobody says otherwise', async () => {
    const { path } = await served(echo);
    const [answer] = await rawExchange(path, get('/groups'));
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ name: 'listGroups', caller: '_pv_', body: null });
  });
});

const refusals: [what: string, bytes: string, status: number, code: string][] = [
  ['not JSON', put('/containers/web', '{"action"'), 400, 'bad-json'],
  ['an empty body', put('/containers/web', ''), 400, 'bad-json'],
  ['no body at all', 'PUT /containers/web HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'bad-json'],
  ['an array', put('/containers/web', '[]'), 400, 'bad-json'],
  ['null', put('/containers/web', 'null'), 400, 'bad-json'],
  ['invalid UTF-8', put('/containers/web', '{"action":"st\xffop"}'), 400, 'bad-json'],
  ['no action', put('/containers/web', '{"Action":"stop"}'), 400, 'missing-action'],
  ['the key of another object', put('/containers/web', '{"x":{"action":"stop"}}'), 400, 'missing-action'],
  ['another action', put('/containers/web', '{"action":"explode"}'), 400, 'bad-action'],
  ['an action that is no string', put('/containers/web', '{"action":["stop"]}'), 400, 'bad-action'],
  ['a prototype for an action', put('/containers/web', '{"__proto__":{"action":"stop"}}'), 400, 'missing-action'],
  ['a body too large', put('/containers/web', 'x'.repeat(1025)), 413, 'too-large'],
  ['a chunked body too large', `PUT /containers/web HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n402\r\n${'x'.repeat(0x402)}\r\n0\r\n\r\n`, 413, 'too-large'],
  ['a body announced too large, never sent', 'PUT /containers/web HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n', 413, 'too-large'],
  ['an unknown endpoint', get('/nothing'), 404, 'no-such-endpoint'],
  ['a trailing slash', get('/containers/'), 400, 'missing-container-name'],
  ['a doubled slash', get('//containers'), 404, 'no-such-endpoint'],
  ['a literal template', put('/containers/{name}', '{"action":"stop"}'), 400, 'bad-name'],
  ['a parent as a name', put('/containers/%2e%2e', '{"action":"stop"}'), 400, 'bad-name'],
  ['a slash in a name', put('/containers/a%2fb', '{"action":"stop"}'), 400, 'bad-name'],
  ['NUL in a name', put('/containers/a%00b', '{"action":"stop"}'), 400, 'bad-name'],
  ['an escape that is none', put('/containers/a%zz', '{"action":"stop"}'), 400, 'bad-name'],
];

describe('what does not', () => {
  test.each(refusals)('%s', async (_what, bytes, status, code) => {
    const { path, faults } = await served(echo);
    const answers = await rawExchange(path, bytes);
    expect(answers.map((answer) => answer.status)).toEqual([status]);
    expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ code });
    expect(faults).toEqual([]);
  });

  test('a body too large that is all there does not end the connection', async () => {
    const { path } = await served(echo);
    const large = `PUT /containers/web HTTP/1.1\r\nContent-Length: 30000\r\n\r\n${'x'.repeat(30_000)}`;
    const chunked = `PUT /containers/web HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n7530\r\n${'x'.repeat(30_000)}\r\n0\r\n\r\n`;
    const answers = await rawExchange(path, large + chunked + get('/groups'));
    expect(answers.map(({ status }) => status)).toEqual([413, 413, 200]);
  });

  test.each(['a b', 'a%zz', '%ff'])('a bad name is told what names are: %s', async (name) => {
    const { path } = await served(echo);
    const [answer] = await rawExchange(path, put(`/containers/${name.replace(' ', '%20')}`, '{"action":"stop"}'));
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ code: 'bad-name', Error: 'Invalid name: is not a container name: it must match ^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' });
  });

  test('a wrong method is told which are right', async () => {
    const { path } = await served(echo);
    const [answer] = await rawExchange(path, 'DELETE /containers HTTP/1.1\r\nConnection: close\r\n\r\n');
    expect(answer?.status).toBe(405);
    expect(answer?.fields.get('allow')).toBe('GET');
  });
});

describe('answers', () => {
  test('text, empty and error', async () => {
    const { path } = await served(async ({ name }) => {
      if (name === 'getBuildInfo') return { kind: 'text', text: 'built: hier und dort \u00e4\n' };
      return name === 'listGroups' ? { kind: 'error', error: { code: 'no-state' } } : { kind: 'empty' };
    });
    const [text] = await rawExchange(path, get('/buildinfo'));
    expect([text?.status, text?.fields.get('content-type'), text?.fields.get('content-length')]).toEqual([200, 'text/plain', '24']);
    const [empty] = await rawExchange(path, put('/daemons/pv-ctrl', '{"action":"restart"}'));
    expect([empty?.status, empty?.fields.get('content-type'), empty?.body]).toEqual([200, 'application/json', '']);
    const [error] = await rawExchange(path, get('/groups'));
    expect([error?.status, error?.fields.get('retry-after')]).toEqual([503, '1']);
  });

  test('a fault is one 500 that says nothing of the inside, and goes to the log', async () => {
    const { path, faults } = await served(() => Promise.reject(new Error('secret path')));
    const answers = await rawExchange(path, get('/groups') + get('/groups'));
    expect(answers.map(({ status }) => status)).toEqual([500]);
    expect(answers[0]?.body).not.toContain('secret');
    expect(faults).toEqual(['GET /groups: Error: secret path']);
  });
});

test.each([
  ['', undefined],
  ['wait=abc', 'abc'],
  ['wait=%22abc%22', 'abc'],
  ['wait=', ''],
])('waitedEtag of ?%s is %s', (query, etag) => {
  expect(waitedEtag(new URLSearchParams(query))).toBe(etag);
});
