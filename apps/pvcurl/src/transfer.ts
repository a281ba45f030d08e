/**
 * One request and its answer over a unix socket, HTTP/1.1, the body streamed both ways. What can go wrong is a value
 * with curl's exit code. Does not retry, does not follow anything, and trusts no length that the server states.
 */
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Body } from './body.ts';
import type { Sink } from './output.ts';
import { PatientSocket } from './patient-socket.ts';
import type { Facts } from './write-out.ts';

export interface Wanted {
  readonly socketPath: string;
  readonly method: string;
  readonly path: string;
  /** Names and values in turn. */
  readonly fields: readonly string[];
  readonly body: Body;
  /** Milliseconds. */
  readonly connectTimeoutMs: number;
  /** Milliseconds; undefined: no limit. */
  readonly maxTimeMs: number | undefined;
}

export type Outcome = Facts & ({ readonly kind: 'done' } | { readonly kind: 'failed'; readonly exit: number; readonly reason: string });

/** curl's numbers for what can happen here. */
export const exitCodes = { connect: 7, notHttp: 8, partial: 18, status: 22, write: 23, read: 26, timeout: 28, empty: 52, send: 55, receive: 56 } as const;

/** Bytes of an answer's head, as curl allows; Node's own limit is 16 KiB. */
const maxHeaderSize = 300 * 1024;

type Fail = (exit: number, reason: string) => void;

export function transfer(wanted: Wanted, sink: Sink): Promise<Outcome> {
  const { socketPath, method, path, fields, body, connectTimeoutMs, maxTimeMs } = wanted;
  return new Promise((resolve) => {
    const facts = { status: 0, received: 0 };
    const socket = new PatientSocket();
    const connection = { made: false };
    const request = httpRequest({ method, path, headers: [...fields], maxHeaderSize, createConnection: () => socket.connect({ path: socketPath }) });
    const end = (how: { kind: 'done' } | { kind: 'failed'; exit: number; reason: string }): void => {
      for (const timer of timers) clearTimeout(timer);
      if (body.kind === 'stream') body.stream.destroy();
      request.destroy();
      resolve({ ...facts, ...how });
    };
    const fail: Fail = (exit, reason) => end({ kind: 'failed', exit, reason });
    const timers = [
      ...(maxTimeMs === undefined ? [] : [setTimeout(() => fail(exitCodes.timeout, `no whole answer after ${maxTimeMs / 1000} seconds`), maxTimeMs)]),
      setTimeout(() => connection.made || fail(exitCodes.timeout, `no connection to ${socketPath} after ${connectTimeoutMs / 1000} seconds`), connectTimeoutMs),
    ];
    socket.once('connect', () => (connection.made = true));
    const cause = (error: NodeJS.ErrnoException): [number, string] => (connection.made ? failureOf(error, socket, facts) : unconnected(error, socketPath));
    request.on('error', (error) => fail(...cause(error)));
    // Never asked for; without a listener the request would end with no event but 'close', and this call would not.
    request.on('upgrade', ({ statusCode = 0 }) => {
      facts.status = statusCode;
      fail(exitCodes.notHttp, `the server answered with status ${statusCode}, a change of protocol that was not asked for`);
    });
    request.on('response', (response) => void receive(response, { body, sink, facts, fail, end, cause }));
    send(body, request, fail);
  });
}

function send(body: Body, request: ClientRequest, fail: Fail): void {
  if (body.kind === 'bytes') {
    request.end(body.bytes);
    return;
  }
  const { stream, length } = body;
  const sent = { bytes: 0 };
  stream.on('data', (chunk: Buffer) => (sent.bytes += chunk.length));
  // Before pipe's own listener: a body that is shorter than announced must not look whole.
  stream.on('end', () => length !== undefined && sent.bytes < length && fail(exitCodes.read, `the file became shorter while it was sent: ${sent.bytes} of ${length} bytes`));
  stream.on('error', (error) => fail(exitCodes.read, `cannot read the body: ${error.message}`));
  stream.pipe(request);
}

interface Receiving {
  readonly body: Body;
  readonly sink: Sink;
  readonly facts: { status: number; received: number };
  readonly fail: Fail;
  readonly end: (how: { kind: 'done' }) => void;
  readonly cause: (error: NodeJS.ErrnoException) => [number, string];
}

async function receive(response: IncomingMessage, { body, sink, facts, fail, end, cause }: Receiving): Promise<void> {
  facts.status = response.statusCode ?? 0;
  // The server does not want it: what is sent now would only meet a closed socket.
  if (facts.status >= 400 && body.kind === 'stream') body.stream.destroy();
  try {
    const refused = sink.head(response) ?? (await pump(response, sink, facts));
    if (refused === undefined) end({ kind: 'done' });
    else fail(exitCodes.write, refused);
  } catch (error) {
    fail(...cause(error as NodeJS.ErrnoException));
  }
}

/** Resolves with what is wrong with the place it writes to; throws what is wrong with the answer. */
async function pump(response: IncomingMessage, sink: Sink, facts: { received: number }): Promise<string | undefined> {
  for await (const chunk of response as AsyncIterable<Buffer>) {
    facts.received += chunk.length;
    const refused = await sink.write(chunk);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

const connectProblems: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket', ECONNREFUSED: 'nobody listens on it', EACCES: 'permission denied; are you root?', EAGAIN: 'too many are waiting for it',
};

function unconnected({ code = '', message }: NodeJS.ErrnoException, socketPath: string): [number, string] {
  return [exitCodes.connect, `cannot connect to ${socketPath}: ${connectProblems[code] ?? message}`];
}

function failureOf({ code = '', syscall, message }: NodeJS.ErrnoException, { stopped, bytesRead }: PatientSocket, { status }: Facts): [number, string] {
  if (code === 'HPE_HEADER_OVERFLOW') return [exitCodes.receive, `the head of the answer is longer than ${maxHeaderSize} bytes`];
  if (code.startsWith('HPE_')) return [status === 0 ? exitCodes.notHttp : exitCodes.receive, `the answer is not HTTP: ${message}`];
  if (status !== 0) return [exitCodes.partial, 'the answer was cut off before its end'];
  if (stopped) return [exitCodes.send, 'the server stopped reading the request and did not answer'];
  if (syscall === undefined && bytesRead === 0) return [exitCodes.empty, 'empty reply: the server closed the connection without an answer'];
  return [exitCodes.receive, `no answer: ${message}`];
}
