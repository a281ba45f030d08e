/**
 * A hardened HTTP server core for unix sockets on node:http: strict parser, limits on head, target, pipelining and
 * time, HTTP/1.0 and keep-alive, half-closed clients served, malformed requests answered once in JSON.
 *
 *   const server = createApiServer({ serve, onFault });   // serve(exchange): answer it exactly once, see answer.ts
 *   const listener = net.createServer({ allowHalfOpen: true }, (socket) => server.accept(socket));
 *   listener.listen({ fd: 3 });
 *   await server.drain(5_000);                            // after listener.close(): finish what is in flight
 *
 * Not here: who may connect, how many connections, and what a request means (pv-ctrl's gate; serve-contract.ts).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { limits as contractLimits } from '@pv/contract/limits';
import { answerError } from './answer.ts';
import { Connection, type OnRefused, type Serve } from './connection.ts';
import type { Exchange, Limits } from './exchange.ts';
import { parserError, protocolError } from './parser-error.ts';

export interface ApiServerOptions {
  readonly serve: Serve;
  /** A fault while serving: the client got a 500 if it had no answer yet. For the log. */
  readonly onFault: (error: unknown, exchange: Exchange) => void;
  /** The server itself refused what it could not hand to `serve`: malformed, too slow, too much at once. For the log. */
  readonly onRefused?: OnRefused;
  readonly limits?: Limits;
}

export interface ApiServer {
  /** Takes over a connected socket, made by a listener with `allowHalfOpen`. */
  accept(socket: Socket): void;
  /** Closes idle connections, lets busy ones finish their requests, and after `graceMs` destroys what is left. */
  drain(graceMs: number): Promise<void>;
}

/** How often Node looks for connections that are too slow; a timeout is late by up to this much. */
const checkMs = 1_000;

export function createApiServer({ serve, onFault, onRefused = () => undefined, limits = contractLimits }: ApiServerOptions): ApiServer {
  const connections = new Map<Socket, Connection>();
  const guarded = (exchange: Exchange): Promise<void> => guard(exchange, serve, onFault);
  const http = hardenedServer(limits);
  route(http, limits, (socket) => connections.get(socket));
  return {
    accept(socket) {
      connections.set(socket, new Connection(socket, limits, guarded, onRefused));
      socket.once('close', () => connections.delete(socket));
      http.emit('connection', socket);
    },
    drain: (graceMs) => drain(http, connections, graceMs),
  };
}

function hardenedServer(limits: Limits): Server {
  const http = createServer({
    requireHostHeader: false,
    insecureHTTPParser: false,
    maxHeaderSize: limits.headBytes,
    headersTimeout: limits.headMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(checkMs, limits.headMs),
  });
  // A connection on which nothing moves, a client that does not read its answer for instance.
  http.setTimeout(Math.max(limits.requestMs, 2 * limits.heldMs));
  // Not in Node's types, but public by use: a client that shut its write side still gets its answer.
  Object.assign(http, { httpAllowHalfOpen: true });
  // Connections are handed in, so the server itself never listens; this starts its clocks (headersTimeout and so on).
  http.emit('listening');
  return http;
}

function route(http: Server, limits: Limits, connectionOf: (socket: Socket) => Connection | undefined): void {
  const take = (expectsContinue: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    const connection = connectionOf(request.socket);
    const unspoken = protocolError(request);
    if (unspoken === undefined) connection?.request(request, response, expectsContinue);
    else connection?.fail(unspoken);
  };
  http.on('request', take(false));
  http.on('checkContinue', take(true));
  http.on('checkExpectation', (request) => connectionOf(request.socket)?.fail({ code: 'bad-expectation' }));
  http.on('connect', (_request, socket) => connectionOf(socket as Socket)?.fail({ code: 'method-not-implemented' }));
  http.on('clientError', (error, duplex) => {
    const socket = duplex as Socket;
    const refusal = parserError(error, limits);
    // A connection that never sent a byte asked nothing, so it gets no answer.
    if (refusal === undefined || socket.bytesRead === 0) socket.destroy();
    else connectionOf(socket)?.fail(refusal);
  });
}

async function guard(exchange: Exchange, serve: Serve, onFault: ApiServerOptions['onFault']): Promise<void> {
  try {
    await serve(exchange);
  } catch (error) {
    onFault(error, exchange);
    if (exchange.response.headersSent) exchange.response.destroy();
    else answerError(exchange, { code: 'internal', detail: 'see the log' });
  }
}

async function drain(http: Server, connections: ReadonlyMap<Socket, Connection>, graceMs: number): Promise<void> {
  const closed = [...connections].map(([socket, connection]) => closeWhenIdle(socket, connection));
  const force = setTimeout(() => {
    for (const socket of connections.keys()) socket.destroy();
  }, graceMs);
  await Promise.all(closed);
  clearTimeout(force);
  http.close();
}

function closeWhenIdle(socket: Socket, connection: Connection): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
    void connection.idle().then(() => socket.destroySoon());
  });
}
