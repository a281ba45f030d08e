/**
 * One HTTP call over a unix socket, whole answer in memory. Guarantees an end: a deadline, a cap on the answer, and
 * a result for every outcome. It does not look into the body. Small on purpose: no schema library in this daemon.
 */
import { request, type IncomingMessage } from 'node:http';
import { constants } from 'node:os';
import { limits } from '@pv/contract/limits';
import { errnoText } from '@pv/pv-native/errors';
import type { Clock } from '@pv/runtime/clock';

export interface Call {
  readonly socketPath: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Seconds until the whole answer must be there. */
  readonly deadline: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

export type CallResult =
  | { readonly kind: 'answer'; readonly status: number; readonly etag: string | undefined; readonly body: Buffer }
  /** Nobody answered, or not to the end. `reason`: the errno's text. */
  | { readonly kind: 'away'; readonly reason: string }
  /** What came is no answer that we take. */
  | { readonly kind: 'bad'; readonly reason: string };

export function call({ socketPath, method, path, deadline, clock, signal }: Call): Promise<CallResult> {
  return new Promise((resolve) => {
    const outgoing = request({ socketPath, method, path, agent: false, maxHeaderSize: limits.headBytes, headers: { Host: 'localhost' }, ...(signal === undefined ? {} : { signal }) });
    const settle = (result: CallResult): void => {
      cancel();
      outgoing.destroy();
      resolve(result);
    };
    const cancel = clock.after(deadline, () => settle({ kind: 'away', reason: errnoText(constants.errno.ETIMEDOUT) }));
    const broken = (error: Error): void => settle(failure(error));
    outgoing.on('error', broken);
    outgoing.on('response', (response) => collect(response, settle, broken));
    outgoing.end();
  });
}

function collect(response: IncomingMessage, settle: (result: CallResult) => void, broken: (error: Error) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  response.on('error', broken);
  response.on('data', (chunk: Buffer) => {
    length += chunk.length;
    chunks.push(chunk);
    if (length > limits.answerBytes) settle({ kind: 'bad', reason: `the answer is longer than ${limits.answerBytes} bytes` });
  });
  response.on('end', () => {
    settle({ kind: 'answer', status: response.statusCode ?? 0, etag: entityTag(response.headers.etag), body: Buffer.concat(chunks, length) });
  });
}

function entityTag(field: string | undefined): string | undefined {
  return /^"([^"]*)"$/.exec(field ?? '')?.[1];
}

function failure(error: NodeJS.ErrnoException): CallResult {
  const code = error.code ?? '';
  if (code.startsWith('HPE_')) return { kind: 'bad', reason: `not an HTTP answer (${error.message})` };
  const errno = (constants.errno as Record<string, number | undefined>)[code];
  return { kind: 'away', reason: errno === undefined ? error.message : errnoText(errno) };
}
