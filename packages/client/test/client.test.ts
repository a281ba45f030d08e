import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createNetServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '@pv/contract/limits';
import { paths } from '@pv/contract/paths';
import { routes } from '@pv/contract/routes';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClient } from '../src/client.ts';

const at: { dir: string; servers: Server[]; open: Set<Socket> } = { dir: '', servers: [], open: new Set() };
beforeEach(() => void (at.dir = mkdtempSync(join(tmpdir(), 'pv-client-'))));
afterEach(async () => {
  await closeAll();
  rmSync(at.dir, { recursive: true, force: true });
});

async function closeAll(): Promise<void> {
  for (const socket of at.open) socket.destroy();
  await Promise.all(at.servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
}

async function listen(server: Server): Promise<string> {
  const path = join(at.dir, 'socket');
  at.servers.push(server);
  server.on('connection', (socket: Socket) => void at.open.add(socket.once('close', () => at.open.delete(socket))));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return path;
}
const serve = (handler: RequestListener) => listen(createServer(handler));
const raw = (answer: string) => listen(createNetServer((socket) => socket.once('data', () => socket.end(answer))));

it('takes a name of digits for a name, not for a port', async () => {
  const tcp = createNetServer((socket) => socket.end('HTTP/1.1 500 Wrong\r\nContent-Length: 0\r\n\r\n'));
  at.servers.push(tcp);
  await new Promise<void>((resolve) => void tcp.listen(0, '127.0.0.1', resolve));
  const { port } = tcp.address() as AddressInfo;
  expect(await createClient({ socketPath: String(port) }).call('listContainers')).toMatchObject({ kind: 'unreachable', code: 'ENOENT' });
});

it('calls the paths of the routes, all of them', () => {
  for (const [name, { method, path }] of Object.entries(routes)) expect(paths[name as keyof typeof paths]).toEqual({ method, path });
});

describe('call', () => {
  it('sends the row with parameters and body, and gives value and text', async () => {
    const seen: string[] = [];
    const socketPath = await serve((request, response) => {
      request.setEncoding('utf8').on('data', (body: string) => seen.push(`${request.method} ${request.url} ${request.headers.host} ${body}`)).on('end', () => response.end());
    });
    expect(await createClient({ socketPath }).call('controlContainer', { params: { name: 'a/b' }, body: { action: 'stop' } })).toMatchObject({ kind: 'ok', status: 200, text: '' });
    expect(seen).toEqual(['PUT /containers/a%2Fb localhost {"action":"stop"}']);
  });

  it('gives the ETag and asks to be held with it', async () => {
    const socketPath = await serve((request, response) => response.setHeader('ETag', '"two"').setHeader('Content-Type', 'application/json').end(JSON.stringify([request.url])));
    expect(await createClient({ socketPath }).call('getGraph', { wait: 'o"ne' })).toMatchObject({ kind: 'ok', etag: 'two', value: ['/xconnect-graph?wait=o%22ne'] });
  });

  it('leaves text that looks like JSON as text', async () => {
    const socketPath = await serve((_request, response) => response.setHeader('Content-Type', 'text/plain').end('{"a":1}'));
    expect(await createClient({ socketPath }).call('getBuildInfo')).toMatchObject({ value: '{"a":1}' });
  });

  it('gives a refusal with the catalogue code, and one without', async () => {
    const body = { Error: 'Container not found', code: 'no-such-container', hint: 'List them' };
    const socketPath = await serve((_request, response) => response.writeHead(404, { 'Content-Type': 'application/json' }).end(JSON.stringify(body)));
    expect(await createClient({ socketPath }).call('listContainers')).toMatchObject({ kind: 'refused', status: 404, error: 'Container not found', code: 'no-such-container', hint: 'List them' });
  });

  it('gives a refusal whose body is not JSON, or not an object of words', async () => {
    const body = '{"Error":7,"code":null}';
    const other = await raw(`HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    expect(await createClient({ socketPath: other }).call('listContainers')).toMatchObject({ kind: 'refused', status: 404, error: 'the server answered with status 404', code: undefined, text: body });
    await closeAll();
    const socketPath = await raw('HTTP/1.1 500 Broken\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{');
    expect(await createClient({ socketPath }).call('listContainers')).toMatchObject({ kind: 'refused', status: 500, error: 'the server answered with status 500', text: '{' });
  });
});

describe('types', () => {
  it('come from the table: wrong calls do not compile', async () => {
    const client = createClient({ socketPath: join(at.dir, 'none') });
    const calls = [
      // @ts-expect-error parameters and body are missing
      client.call('controlContainer'),
      // @ts-expect-error no such action
      client.call('controlContainer', { params: { name: 'x' }, body: { action: 'explode' } }),
      // @ts-expect-error no such parameter
      client.call('controlContainer', { params: { id: 'x' }, body: { action: 'stop' } }),
      // @ts-expect-error this row is not held
      client.call('listContainers', { wait: 'x' }),
      // @ts-expect-error this row is pv-xconnect's
      client.call('reconcileLinks'),
      createClient({ socketPath: join(at.dir, 'none'), server: 'pv-xconnect' }).call('reconcileLinks'),
    ];
    expect((await Promise.all(calls)).map(({ kind }) => kind)).toEqual(calls.map(() => 'unreachable'));
  });

  it('of answers are those of the schemas', async () => {
    const socketPath = await serve((_request, response) => response.setHeader('Content-Type', 'application/json').end('[{"name":"x","pid":1,"respawn":true}]'));
    const result = await createClient({ socketPath }).call('listDaemons');
    const pids: number[] = result.kind === 'ok' ? result.value.map(({ pid }) => pid) : [];
    expect(pids).toEqual([1]);
  });
});

describe('an unreachable server', () => {
  it.each([
    ['closes at once', '', 'ECONNRESET'],
    ['sends rubbish', 'hello\r\n\r\n', 'HPE_INVALID_CONSTANT'],
    ['ends within the body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', 'ECONNRESET'],
    ['ends within the chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n', 'ECONNRESET'],
    ['breaks its chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n', 'HPE_INVALID_CHUNK_SIZE'],
    ['changes the protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n', 'BROKEN'],
    ['says JSON and sends none', 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n[', 'BROKEN'],
  ])('%s', async (_title, answer, code) => {
    expect(await createClient({ socketPath: await raw(answer) }).call('listContainers')).toMatchObject({ kind: 'unreachable', code });
  });

  it('has a name that is too long for a socket', async () => {
    const socketPath = join(at.dir, 'x'.repeat(107 - at.dir.length));
    expect(await createClient({ socketPath }).call('getBuildInfo')).toMatchObject({ kind: 'unreachable', code: 'ENAMETOOLONG', reason: `${socketPath}: the path is longer than 107 bytes` });
  });

  it('is not there', async () => {
    expect(await createClient({ socketPath: join(at.dir, 'none') }).call('listContainers')).toMatchObject({ kind: 'unreachable', code: 'ENOENT' });
  });

  it('hangs: the deadline ends the call', async () => {
    const socketPath = await listen(createNetServer(() => undefined));
    expect(await createClient({ socketPath, timeoutMs: 50 }).call('listContainers')).toMatchObject({ kind: 'unreachable', code: 'TIMEOUT' });
  });

  it('hangs within its answer: the deadline counts to the last byte', async () => {
    const socketPath = await listen(createNetServer((socket) => socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'))));
    expect(await createClient({ socketPath, timeoutMs: 50 }).call('listContainers')).toMatchObject({ kind: 'unreachable', code: 'TIMEOUT' });
  });

  it('sends without end: the cap ends the call', async () => {
    const socketPath = await serve((_request, response) => {
      const piece = Buffer.alloc(256 * 1024, 32);
      const more = (): void => void (response.destroyed || response.write(piece, more));
      more();
    });
    expect(await createClient({ socketPath }).call('listContainers')).toMatchObject({ kind: 'unreachable', code: 'TOO-LARGE', reason: expect.stringContaining(String(limits.answerBytes)) });
  });

  it('is no longer wanted: the signal ends a held call', async () => {
    const stop = new AbortController();
    const socketPath = await serve(() => stop.abort());
    expect(await createClient({ socketPath }).call('getGraph', { wait: 'x', signal: stop.signal })).toMatchObject({ kind: 'unreachable', code: 'ABORTED' });
  });
});
