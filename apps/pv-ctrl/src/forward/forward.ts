/**
 * Carries an admitted request to pv-core and its answer back, as a stream. One connection per request: a kept one
 * could be closed by a restarting pv-core just as it is used, and then nobody could say whether an action was taken.
 * Nothing is repeated once a byte was sent.
 */
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { ApiError } from '@pv/contract/errors';
import { answerError, beginAnswer } from '@pv/http-api/answer';
import type { Exchange } from '@pv/http-api/exchange';
import { callerField } from '@pv/http-api/serve-contract';
import type { Clock } from '@pv/runtime/clock';
import type { CoreRequest } from '../gate/admit.ts';
import { connectCore } from './connect-core.ts';

export interface Core {
  readonly path: string;
  readonly clock: Clock;
}

/** How much longer than a held request's time pv-core may take for its answer. */
const answerGraceMs = 5_000;
const passedOn = ['content-type', 'content-length', 'etag', 'allow', 'retry-after'] as const;

/** Answers the exchange; the value is what the client was told when pv-core was not there. */
export async function forward(exchange: Exchange, request: CoreRequest, caller: string, core: Core): Promise<ApiError | undefined> {
  const connection = await connectCore({ ...core, waitMs: exchange.limits.coreAwayMs });
  if (connection.kind === 'away') return away(exchange, connection.reason);
  const answer = await ask(connection.socket, request, caller, exchange);
  if (typeof answer === 'string') return away(exchange, answer);
  await passBack(answer, exchange);
  return undefined;
}

function away(exchange: Exchange, detail: string): ApiError {
  const error: ApiError = { code: 'core-away', detail };
  answerError(exchange, error);
  return error;
}

/** pv-core's answer, or why there is none. */
function ask(socket: Socket, request: CoreRequest, caller: string, { limits, signal }: Exchange): Promise<IncomingMessage | string> {
  return new Promise((resolve) => {
    const upstream = httpRequest({
      createConnection: () => socket,
      method: request.method,
      path: request.path,
      headers: fields(request, caller),
      timeout: limits.heldMs + answerGraceMs,
    });
    upstream.once('response', resolve);
    upstream.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    upstream.once('timeout', () => upstream.destroy(new Error('no answer in time')));
    upstream.end(request.body);
    if (request.held) stopHolding(upstream, socket, signal);
  });
}

const fields = ({ body }: CoreRequest, caller: string): Record<string, string> => ({
  Host: 'localhost',
  Connection: 'close',
  [callerField]: caller,
  ...(body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) }),
});

/** A client that closed, or shut its write side, holds no longer: pv-core learns it the same way and answers. */
function stopHolding(upstream: ClientRequest, socket: Socket, signal: AbortSignal): void {
  const halfClose = (): void => void socket.end();
  if (signal.aborted) halfClose();
  else signal.addEventListener('abort', halfClose, { once: true });
  upstream.once('close', () => signal.removeEventListener('abort', halfClose));
}

async function passBack(answer: IncomingMessage, exchange: Exchange): Promise<void> {
  const headers = passedOn.flatMap((name) => {
    const value = answer.headers[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  beginAnswer(exchange, answer.statusCode ?? 500, Object.fromEntries(headers));
  try {
    await pipeline(answer, exchange.response);
  } catch {
    // One side went away in the middle: the other sees a short body, for its length was announced.
    exchange.response.destroy();
  }
}
