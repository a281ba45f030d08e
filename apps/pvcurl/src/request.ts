/** One request, one answer, both streamed: nothing is held but what is in flight. */
import { createReadStream } from 'node:fs';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import type { Options } from './options.ts';

/** An end without an answer, with curl's exit code: 7 no connection, 26 body not readable, 28 time-out, 52 no answer, 56 broken. */
export class RequestFailed extends Error {
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

export interface Sending {
  readonly options: Options;
  readonly path: string;
  readonly stdin: Readable;
}

/** Resolves with the answer's head; its body streams. Throws RequestFailed. */
export async function send({ options, path, stdin }: Sending): Promise<IncomingMessage> {
  const body = await openBody(options, stdin);
  const request = httpRequest({ socketPath: options.socket, method: options.method, path, headers: headersOf(options, body), agent: false, insecureHTTPParser: false });
  const answer = answered(request, options);
  // A server may answer before it has read the whole body; then the rest does not matter.
  if (body === undefined) request.end();
  else if (Buffer.isBuffer(body.content)) request.end(body.content);
  else pipeline(body.content, request).catch(() => undefined);
  return answer;
}

function answered(request: ClientRequest, { connectTimeout, maxTime, socket }: Options): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const timeUp = (what: string): void => void request.destroy(new RequestFailed(28, what));
    const connecting = setTimeout(() => timeUp(`no connection to ${socket} within ${connectTimeout} seconds`), connectTimeout * 1000);
    if (maxTime > 0) setTimeout(() => timeUp(`not done within ${maxTime} seconds`), maxTime * 1000).unref();
    request.on('socket', (connection) => connection.once('connect', () => clearTimeout(connecting)));
    request.on('response', resolve);
    request.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(connecting);
      reject(error instanceof RequestFailed ? error : explained(error, socket));
    });
  });
}

function explained(error: NodeJS.ErrnoException, socket: string | undefined): RequestFailed {
  if (error.syscall === 'connect') return new RequestFailed(7, `cannot connect to ${socket}: ${error.code ?? error.message}`);
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return new RequestFailed(52, 'the server closed the connection without an answer');
  return new RequestFailed(56, `the answer is broken: ${error.message}`);
}

interface Body {
  readonly content: Buffer | Readable;
  /** Undefined: not known before, so the body is sent in chunks. */
  readonly length: number | undefined;
}

async function openBody({ data, upload }: Options, stdin: Readable): Promise<Body | undefined> {
  const file = upload ?? (data?.kind === 'file' ? data.path : undefined);
  if (file === '-') return { content: stdin, length: undefined };
  if (file !== undefined) return openFile(file);
  return data?.kind === 'text' ? { content: Buffer.from(data.text), length: Buffer.byteLength(data.text) } : undefined;
}

async function openFile(path: string): Promise<Body> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new Error('is a directory');
    return { content: createReadStream(path), length: found.isFile() ? found.size : undefined };
  } catch (error) {
    throw new RequestFailed(26, `cannot read ${path}: ${(error as Error).message}`);
  }
}

function headersOf({ headers }: Options, body: Body | undefined): string[] {
  const own = headers.flatMap((line) => {
    const split = line.indexOf(':');
    return split <= 0 ? [] : [[line.slice(0, split).trim(), line.slice(split + 1).trim()] as const];
  });
  const has = (name: string): boolean => own.some(([key]) => key.toLowerCase() === name);
  const length = body === undefined ? '0' : body.length === undefined ? undefined : String(body.length);
  return [
    ...(has('host') ? [] : ['Host', 'localhost']),
    ...own.flat(),
    ...(has('content-type') ? [] : ['Content-Type', 'application/json']),
    ...(has('content-length') || has('transfer-encoding') ? [] : length === undefined ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', length]),
    'Connection', 'close',
  ];
}
