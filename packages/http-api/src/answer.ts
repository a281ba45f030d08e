/** Answers: exactly one per exchange, with its exact length. */
import type { OutgoingHttpHeaders } from 'node:http';
import { errorBody, errorCatalogue, type ApiError } from '@pv/contract/errors';
import type { Exchange } from './exchange.ts';
import { lastAnswer } from './last-answer.ts';

export type Reply =
  /** `etag`: an opaque word without quotes; the field is written quoted. */
  | { readonly kind: 'json'; readonly value: unknown; readonly etag?: string }
  /** `type`: the media type, `text/plain` when not given. */
  | { readonly kind: 'text'; readonly text: string; readonly type?: string }
  | { readonly kind: 'empty' }
  | { readonly kind: 'error'; readonly error: ApiError };

export function answer(exchange: Exchange, reply: Reply): void {
  switch (reply.kind) {
    case 'json':
      return write(exchange, 200, JSON.stringify(reply.value), reply.etag === undefined ? {} : { ETag: `"${reply.etag}"` });
    case 'text':
      return write(exchange, 200, reply.text, { 'Content-Type': reply.type ?? 'text/plain' });
    case 'empty':
      return write(exchange, 200, '', {});
    case 'error':
      return answerError(exchange, reply.error);
  }
}

/** A request whose body has not all arrived ends its connection: what follows could not be told from the body. */
export function answerError(exchange: Exchange, error: ApiError, headers: OutgoingHttpHeaders = {}): void {
  const { request, limits } = exchange;
  if (!request.complete) {
    lastAnswer(request.socket, error, limits, request.method !== 'HEAD');
    return;
  }
  const { status } = errorCatalogue[error.code];
  write(exchange, status, JSON.stringify(errorBody(error)), { ...(status === 503 ? { 'Retry-After': '1' } : {}), ...headers });
}

function write(exchange: Exchange, status: number, body: string, headers: OutgoingHttpHeaders): void {
  const bytes = Buffer.from(body);
  beginAnswer(exchange, status, { 'Content-Type': 'application/json', ...headers, 'Content-Length': bytes.length });
  exchange.response.end(bytes);
}

/** The head of the one answer. A connection whose request did not arrive whole ends after it. */
export function beginAnswer({ request, response }: Exchange, status: number, headers: OutgoingHttpHeaders): void {
  if (response.headersSent) throw new Error(`a second answer to ${request.method} ${request.url}`);
  if (!request.complete) response.shouldKeepAlive = false;
  response.writeHead(status, headers);
}
