/** A server that stands for pv-ctrl: one socket, answers that tell what was asked, and answers that are wrong in one way each. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createNetServer, type Socket } from 'node:net';
import { join } from 'node:path';

export interface StandIn {
  readonly socketPath: string;
  stop(): Promise<void>;
}

/** What /echo answers with. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string;
  readonly bytes: number;
}

export const recorded = '[{"name":"pv-xconnect","pid":161,"respawn":true}]';
export const refusal = '{"Error":"Container not found","code":"no-such-container","hint":"List the containers with: pvcontrol ls"}';

const rows: Readonly<Record<string, RequestListener>> = {
  '/daemons': (_request, response) => void response.setHeader('Content-Type', 'application/json').end(recorded),
  '/containers/none': (_request, response) => void response.writeHead(404, { 'Content-Type': 'application/json' }).end(refusal),
  '/empty': (_request, response) => void response.end(),
  '/none': (_request, response) => void response.writeHead(204).end(),
  '/chunked': (_request, response) => void (response.write('one\n'), response.write('two\n'), response.end()),
  '/large': (_request, response) => void response.end(Buffer.alloc(8 * 1024 * 1024, 'x')),
  // Refused at the head, as pv-ctrl does with a body that is too large; the rest of the body is not waited for.
  '/refuse-early': (_request, response) => void response.writeHead(413, { Connection: 'close' }).end('too large'),
};

export function contractServer(dir: string): Promise<StandIn> {
  return listen(createServer((request, response) => {
    const row = rows[request.url ?? ''];
    if (row !== undefined) row(request, response);
    else void echo(request).then((asked) => response.setHeader('Content-Type', 'application/json').end(JSON.stringify(asked)));
  }), join(dir, 'pv-ctrl'));
}

async function echo(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const fields = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  return { method: request.method ?? '', url: request.url ?? '', fields, body: body.toString('utf8').slice(0, 200), bytes: body.length };
}

/** Gives `answer` to the first bytes that arrive, then ends, or hangs. */
export function rawServer(dir: string, answer: string, then: 'end' | 'hang' = 'end'): Promise<StandIn> {
  const reply = (socket: Socket): void => {
    if (then === 'hang') socket.write(answer);
    else socket.end(answer, () => socket.destroy());
  };
  return listen(createNetServer((socket) => socket.on('error', () => undefined).once('data', () => reply(socket))), join(dir, 'raw'));
}

async function listen(server: Server | ReturnType<typeof createNetServer>, socketPath: string): Promise<StandIn> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => void open.add(socket.once('close', () => open.delete(socket))));
  server.listen(socketPath);
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    for (const socket of open) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { socketPath, stop };
}
