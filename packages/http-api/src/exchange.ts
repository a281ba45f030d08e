/** One request and its one answer, as the server core hands them on. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiError } from '@pv/contract/errors';
import type { limits } from '@pv/contract/limits';

/** The numbers a server keeps to; the contract's own by default. */
export type Limits = { readonly [K in keyof typeof limits]: number };

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly limits: Limits;
  /**
   * Aborted when the client has closed, or will at least send nothing more: the two look alike on a unix
   * socket. It means "do not hold any longer"; an answer given afterwards still reaches a half-closed client.
   */
  readonly signal: AbortSignal;
  /** Resolves when the message broke or came too late while its body was arriving. */
  readonly broken: Promise<ApiError>;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
}

/** An exchange, and the two handles by which its connection steers it. */
export interface SteeredExchange {
  readonly exchange: Exchange;
  hurry(): void;
  breakOff(error: ApiError): void;
}

export function createExchange(request: IncomingMessage, response: ServerResponse, limits: Limits, expectsContinue: boolean): SteeredExchange {
  const hurry = new AbortController();
  const { promise: broken, resolve: breakOff } = withResolvers<ApiError>();
  response.once('close', () => hurry.abort());
  // Whatever fails while an answer is written ends in 'close'; an unheard 'error' would end the process.
  response.on('error', () => undefined);
  return {
    exchange: { request, response, limits, signal: hurry.signal, broken, expectsContinue },
    hurry: () => hurry.abort(),
    breakOff,
  };
}

/** Resolves when the answer is with the kernel, or nobody is there to take it. */
export async function answered({ response, request }: Exchange): Promise<void> {
  if (response.closed || request.socket.destroyed) return;
  await new Promise<void>((closed) => response.once('close', closed));
}

function withResolvers<T>(): { promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}
