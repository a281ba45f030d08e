/**
 * The last answer of a connection, written past Node's own response object: an error, then the end. The write
 * side closes at once; what the client still sends is thrown away for a bounded time and a bounded number of
 * bytes, so that it can read the answer instead of meeting a reset. Guarantees one answer: call it once.
 */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { errorBody, errorCatalogue, type ApiError } from '@pv/contract/errors';
import type { Limits } from './exchange.ts';

export function lastAnswer(socket: Socket, error: ApiError, limits: Limits, withBody = true): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.on('error', () => undefined);
  socket.end(errorBytes(error, withBody));
  linger(socket, limits);
}

/** The answer as bytes: head and body. */
export function errorBytes(error: ApiError, withBody = true): string {
  const { status } = errorCatalogue[error.code];
  const body = JSON.stringify(errorBody(error));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(status === 503 ? ['Retry-After: 1'] : []),
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${withBody ? body : ''}`;
}

function linger(socket: Socket, limits: Limits): void {
  const budget = socket.bytesRead + limits.lingerBytes;
  const end = (): void => void socket.destroy();
  const timer = setTimeout(end, limits.lingerMs);
  // Only bytes are counted here, so an unref'd poll would do; the data event is the cheap way that keeps the socket flowing.
  socket.on('data', () => {
    if (socket.bytesRead > budget) end();
  });
  socket.once('end', () => socket.destroySoon());
  socket.once('close', () => clearTimeout(timer));
  socket.resume();
}
