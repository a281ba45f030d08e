/** The whole daemon between containers, with a real HTTP server in one and the bytes of a client from the other. */
import { Agent, createServer, type IncomingMessage, request, type RequestListener } from 'node:http';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Socket } from 'node:net';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, onTestFinished, test } from 'vitest';
import type { GraphLink } from '../../../src/graph/parse.ts';
import { startContainer, type Container } from '../../kit/container.ts';
import { link, runDaemon, type TestDaemon } from '../../kit/daemon.ts';
import { ask, dial, readAll, serve } from '../../kit/sockets.ts';

const socketPath = '/run/example/raw.sock';
const target = '/run/pv/services/raw.sock';

interface Mesh {
  readonly consumer: Container;
  readonly provider: Container;
  readonly daemon: TestDaemon;
  /** The injected socket. */
  readonly path: string;
}

async function mesh(more: Partial<GraphLink> = {}): Promise<Mesh> {
  const [consumer, provider, daemon] = await Promise.all([startContainer('consumer'), startContainer('provider'), runDaemon()]);
  daemon.core.set([link(consumer, provider, { type: 'rest', ...more })]);
  await daemon.printed('Link established');
  return { consumer, provider, daemon, path: consumer.at(target) };
}

interface Arrived {
  readonly line: string;
  /** Names and values of X-PV fields, as they came. */
  readonly identity: string[];
  readonly body: string;
}

/** A stock server that answers with what it got, and remembers it. */
async function http(provider: Container, listener?: RequestListener): Promise<Arrived[]> {
  const arrived: Arrived[] = [];
  mkdirSync(dirname(provider.at(socketPath)), { recursive: true });
  const server = createServer((message, response) => {
    if (listener !== undefined) return listener(message, response);
    void bodyOf(message).then((body) => {
      arrived.push({ line: `${message.method} ${message.url}`, identity: identityOf(message), body });
      response.end(JSON.stringify(arrived.at(-1)));
    }, () => undefined);
  });
  server.listen(provider.at(socketPath));
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return arrived;
}

async function bodyOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function identityOf({ rawHeaders, rawTrailers }: IncomingMessage): string[] {
  const all = [...rawHeaders, ...rawTrailers];
  return all.flatMap((name, index) => (index % 2 === 0 && /^x.?pv/i.test(name) ? [`${name}: ${all[index + 1]}`] : []));
}

async function until(socket: Socket, wanted: RegExp): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  return waitFor(() => wanted.test(text) && text, { what: String(wanted), detail: () => text });
}

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;

test('7.2-1 7.2-2 whatever the consumer claims, on its first request, its second, or pipelined, the provider sees ours', async () => {
  const { consumer, provider, path, daemon } = await mesh();
  const arrived = await http(provider);
  const socket = await dial(path);
  const claims = 'X-PV-Role: admin\r\nx-pv-client: evil\r\nX_PV_Role: admin\r\nX-Pv-Role: twice\r\n';
  socket.write(get('/1', claims));
  await waitFor(() => arrived.length === 1, { what: 'a request' });
  socket.write(get('/2', claims) + `POST /3 HTTP/1.1\r\n${claims}Transfer-Encoding: chunked\r\nHost: a\r\n\r\n2\r\nhi\r\n0\r\nX-PV-Role: admin\r\n\r\n` + get('/4', `${claims}Connection: close\r\n`));
  await readAll(socket);
  const ours = [`X-PV-Client: ${consumer.name}`, 'X-PV-Role: client'];
  expect(arrived).toEqual([
    { line: 'GET /1', identity: ours, body: '' },
    { line: 'GET /2', identity: ours, body: '' },
    { line: 'POST /3', identity: ours, body: 'hi' },
    { line: 'GET /4', identity: ours, body: '' },
  ]);
  expect(daemon.out).toContain(`pvx-rest: Injecting REST socket ${target} into pid ${consumer.pid} [${consumer.name}/raw]`);
  await daemon.printed(`pvx-rest: Accepted REST connection for service raw from ${consumer.name} (pid ${consumer.pid})`);
});

const post = (fields: string, body: string) => `POST /x HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`;
const hidden = get('/hidden');

test('7.2-3 each smuggling shape is a 400, or one request at a stock server', async () => {
  const { provider, path } = await mesh();
  const arrived = await http(provider);
  const shapes: readonly (readonly [string, number])[] = [
    [post(`Content-Length: ${hidden.length + 5}\r\nTransfer-Encoding: chunked`, `0\r\n\r\n${hidden}`), 400],
    [post(`Transfer-Encoding: chunked\r\nContent-Length: 4`, `1\r\na\r\n0\r\n\r\n${hidden}`), 400],
    [post('Transfer-Encoding: xchunked', `0\r\n\r\n${hidden}`), 400],
    [post('Transfer-Encoding: chunked, identity', `0\r\n\r\n${hidden}`), 400],
    [post('Content-Length: 0\r\nContent-Length: 5', hidden), 400],
    [post('Content-Length: +5', `abcde${hidden}`), 400],
    [post('Transfer-Encoding : chunked', `0\r\n\r\n${hidden}`), 400],
    [post('Content-Length\0: 5', `abcde${hidden}`), 400],
    [post('A: 1\r\n Content-Length: 5', `abcde${hidden}`), 400],
    [`POST /x HTTP/1.1\nHost: a\nContent-Length: 0\n\n${hidden}`, 400],
    [`GET /x\r\n${hidden}`, 400],
    [`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${hidden}`, 400],
    [`GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n${hidden}`, 400],
    [post('Host: b', hidden), 400],
    [post(`Content-Length: ${hidden.length}`, hidden), 200],
    [post('Transfer-Encoding: chunked', `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`), 200],
    [post(`Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: ${hidden.length}`, hidden), 200],
    [post(`Expect: 100-continue\r\nContent-Length: ${hidden.length}`, hidden), 200],
  ];
  for (const [bytes, status] of shapes) {
    arrived.length = 0;
    expect(await ask(path, bytes), bytes).toMatch(new RegExp(`^(?:HTTP/1\\.1 100 .*\r\n\r\n)?HTTP/1\\.1 ${status} `, 's'));
    expect(arrived.map(({ line }) => line), bytes).toEqual(status === 200 ? ['POST /x'] : []);
  }
});

test('7.2-3 one byte per packet is one request', async () => {
  const { provider, path } = await mesh();
  const arrived = await http(provider);
  const socket = await dial(path);
  for (const byte of post('Connection: close\r\nTransfer-Encoding: chunked', '5;x=y\r\nhello\r\n0\r\n\r\n')) {
    await new Promise((resolve) => socket.write(byte, resolve));
  }
  expect((await readAll(socket)).toString()).toMatch(/^HTTP\/1\.1 200 /);
  expect(arrived).toMatchObject([{ line: 'POST /x', body: 'hello' }]);
});

test('7.2-4 a hostile provider cannot answer what was not asked yet', async () => {
  const { provider, path } = await mesh();
  await serve(provider.at(socketPath), (socket) => socket.once('data', () => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrueHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged')));
  const socket = await dial(path);
  socket.write(get('/1') + get('/2'));
  expect((await readAll(socket)).toString()).toBe('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue');
});

test('7.2-4 an upgraded connection is copied both ways, early bytes included', async () => {
  const { provider, path } = await mesh();
  await serve(provider.at(socketPath), (socket) => socket.once('data', (chunk: Buffer) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nwelcome ');
    socket.write(chunk.subarray(chunk.indexOf('\r\n\r\n') + 4));
    socket.pipe(socket);
  }));
  const socket = await dial(path);
  socket.write(`${get('/', 'Connection: upgrade\r\nUpgrade: echo\r\n')}early `);
  expect(await until(socket, /early $/)).toMatch(/^HTTP\/1\.1 101 .*\r\n\r\nwelcome early $/s);
  socket.end('late X-PV-Role: admin');
  expect((await readAll(socket)).toString()).toBe('late X-PV-Role: admin');
});

test('what the provider does not allow is refused, with an audit line', async () => {
  const { consumer, provider, path, daemon } = await mesh({ allow: [{ methods: ['GET'], path: '/v1/*' }] });
  const arrived = await http(provider);
  expect(await ask(path, get('/v1/../v2', 'Connection: close\r\n'))).toMatch(/^HTTP\/1\.1 403 .*"Error":"Refused by allow: .*GET \/v1\/\.\.\/v2"/s);
  expect(await ask(path, get('/v1//a'))).toMatch(/^HTTP\/1\.1 200 /);
  expect(arrived.map(({ line }) => line)).toEqual(['GET /v1/a']);
  expect(await daemon.complained('audit: refused')).toBe(`audit: refused consumer=${consumer.name} service=raw provider=${provider.name} role=client rule=allow: no rule of role 'client' has this method and path: GET /v1/../v2`);
});

test('a provider that does not listen is a 502, and one that goes without an answer too', async () => {
  const { provider, path } = await mesh();
  expect(await ask(path, get('/'))).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n.*"Error":"The provider is not there"/s);
  await http(provider, (message) => void message.socket.destroy());
  expect(await ask(path, get('/'))).toMatch(/^HTTP\/1\.1 502 .*"Error":"The provider ended the connection before it answered"/s);
});

test('7.2-23 a large answer to a client that has shut its side arrives whole, and so does a large request', async () => {
  const { provider, path } = await mesh();
  const size = 8 * 1024 * 1024;
  await http(provider, (message, response) => void bodyOf(message).then((body) => response.end('y'.repeat(body.length))));
  const answer = await ask(path, post(`Content-Length: ${size}`, 'x'.repeat(size)));
  expect(answer.slice(answer.indexOf('\r\n\r\n') + 4).length).toBe(size);
});

test('7.2-23 a client that has shut its side after several requests gets the answer to each', async () => {
  const { provider, path } = await mesh();
  const arrived = await http(provider);
  const answer = await ask(path, get('/1') + post('Content-Length: 2', 'hi') + get('/3'));
  expect(answer.match(/"line":"[^"]*"/g)).toEqual(['"line":"GET /1"', '"line":"POST /x"', '"line":"GET /3"']);
  expect(arrived).toHaveLength(3);
});

test('7.2-23 an answer of HTTP/1.0 without a length ends with its connection', async () => {
  const { provider, path } = await mesh();
  await serve(provider.at(socketPath), (socket) => socket.once('data', () => void socket.end('HTTP/1.0 200 OK\r\n\r\nbody')));
  expect(await ask(path, 'GET / HTTP/1.0\r\n\r\n')).toBe('HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nbody');
});

test('a client library, keeping its connection, gets every answer', async () => {
  const { provider, path, daemon } = await mesh();
  const arrived = await http(provider);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  for (let count = 0; count < 50; count += 1) {
    const outgoing = request({ socketPath: path, path: `/${count}`, method: 'POST', agent }).end(`body ${count}`);
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(JSON.parse(await bodyOf(answer))).toMatchObject({ line: `POST /${count}`, body: `body ${count}` });
  }
  expect(arrived).toHaveLength(50);
  await daemon.printed('Accepted REST connection');
  expect(daemon.out.filter((line) => line.includes('Accepted REST connection'))).toHaveLength(1);
});
