/**
 * One HTTP exchange over a unix socket: a connection of its own, a cap on the answer, a deadline. Never throws and never
 * rejects for what a server or a socket does. Never sends a request twice.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { limits } from '@pv/contract/limits';
import type { Unreachable } from './types.ts';

export interface Request {
  readonly socketPath: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: Buffer | undefined;
  /** Milliseconds, from the start to the answer's last byte. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface RawAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly isJson: boolean;
  readonly text: string;
  /** Without its quotes. */
  readonly etag: string | undefined;
}

/** Bytes of a socket's address, but for its final NUL (unix(7)). */
const maxSocketPath = 107;

export function exchange({ socketPath, method, path, body, timeoutMs, signal }: Request): Promise<RawAnswer | Unreachable> {
  const headers = { Host: 'localhost', ...(body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': body.length }) };
  return new Promise((resolve) => {
    const unreachable = (code: string, reason: string): void => resolve({ kind: 'unreachable', code, reason: `${socketPath}: ${reason}` });
    // Node would cut a longer one off, and connect to whoever has the shorter name.
    if (Buffer.byteLength(socketPath) > maxSocketPath) return unreachable('ENAMETOOLONG', `the path is longer than ${maxSocketPath} bytes`);
    const failed = (error: NodeJS.ErrnoException): void => unreachable(error.name === 'AbortError' ? 'ABORTED' : (error.code ?? 'BROKEN'), error.message);
    // Without an agent at all: making one costs a tool a tenth of its start-up.
    const request = httpRequest({ method, path, headers, createConnection: () => connect({ path: socketPath }), ...(signal === undefined ? {} : { signal }) });
    const deadline = setTimeout(() => {
      unreachable('TIMEOUT', `no whole answer within ${timeoutMs / 1000} seconds`);
      request.destroy();
    }, timeoutMs);
    request.on('close', () => clearTimeout(deadline));
    request.on('error', failed);
    // Never asked for; without a listener the request would end with no event but 'close', and this call would not.
    request.on('upgrade', () => {
      unreachable('BROKEN', 'the server changed the protocol, unasked');
      request.destroy();
    });
    request.on('response', (response) => void readWhole(response).then((text) => resolve(answerOf(response, text)), failed));
    request.end(body);
  });
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, text: string): RawAnswer {
  return { kind: 'answer', status: statusCode, isJson: /^application\/json\b/i.test(headers['content-type'] ?? ''), text, etag: headers.etag?.replace(/^"(.*)"$/, '$1') };
}

async function readWhole(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limits.answerBytes) throw Object.assign(new Error(`the answer is larger than ${limits.answerBytes} bytes`), { code: 'TOO-LARGE' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
