/**
 * Reads a request's body whole, within its limit and its idle time. What comes back is all of it, or a refusal;
 * whoever answers a refusal closes the connection when the rest has not arrived (answer.ts).
 */
import type { ApiError } from '@pv/contract/errors';
import type { Exchange } from './exchange.ts';

export type BodyResult = { readonly kind: 'body'; readonly bytes: Buffer } | { readonly kind: 'error'; readonly error: ApiError };

export async function readBody(exchange: Exchange, maxBytes: number): Promise<BodyResult> {
  const { request, response } = exchange;
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return tooLarge(maxBytes);
  if (exchange.expectsContinue) response.writeContinue();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (result: BodyResult): void => {
      clearTimeout(idle);
      request.off('data', take).off('end', whole).off('error', torn).off('close', torn);
      request.pause();
      resolve(result);
    };
    const idle = setTimeout(() => settle(refused({ code: 'request-timeout' })), exchange.limits.bodyIdleMs);
    const take = (chunk: Buffer): void => {
      idle.refresh();
      length += chunk.length;
      if (length > maxBytes) settle(tooLarge(maxBytes));
      else chunks.push(chunk);
    };
    const whole = (): void => settle({ kind: 'body', bytes: Buffer.concat(chunks, length) });
    const torn = (): void => settle(refused({ code: 'bad-request', detail: 'the body ended early' }));
    request.on('data', take).on('end', whole).on('error', torn).on('close', torn);
    void exchange.broken.then((error) => settle(refused(error)));
  });
}

const refused = (error: ApiError): BodyResult => ({ kind: 'error', error });
const tooLarge = (maxBytes: number): BodyResult => refused({ code: 'too-large', detail: String(maxBytes) });
