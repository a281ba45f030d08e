/**
 * Calls the rows of the contract over a unix socket: one connection per call, an answer cap, a deadline. Types come
 * from the table; nothing is validated at run time, for the servers are ours. Never throws for what a server or a
 * socket does: see `Result`.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { limits } from '@pv/contract/limits';
import { paths } from '@pv/contract/paths';
import type { RouteName, routes } from '@pv/contract/routes';
import type * as z from 'zod/mini';

type Row<N extends RouteName> = (typeof routes)[N];

/** What a row answers with. */
export type Answer<N extends RouteName> = Row<N>['response'] extends { kind: 'json'; schema: infer S extends z.ZodMiniType } ? z.infer<S> : Row<N>['response'] extends { kind: 'text' } ? string : undefined;

export interface CallOptions {
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Hold the request until the resource's ETag differs from this one. */
  readonly wait?: string;
  readonly signal?: AbortSignal;
}

export type Result<T> =
  | { readonly kind: 'ok'; readonly status: number; readonly value: T; readonly text: string; readonly etag: string | undefined }
  /** The server answered with an error; `code` and `hint` are the catalogue's when it sent them. */
  | { readonly kind: 'refused'; readonly status: number; readonly error: string; readonly code: string | undefined; readonly hint: string | undefined; readonly text: string }
  /** No answer. `code` is the system's, such as ENOENT or ECONNREFUSED, or TIMEOUT, TOO-LARGE, ABORTED, BROKEN. */
  | { readonly kind: 'unreachable'; readonly code: string; readonly reason: string };

export interface Client {
  call<N extends RouteName>(name: N, options?: CallOptions): Promise<Result<Answer<N>>>;
}

export interface ClientOptions {
  readonly socketPath: string;
  /** Default 10 s; a held request has the server's own time on top. */
  readonly timeoutMs?: number;
  /** For a trace: `> GET /containers`, `< 200`. */
  readonly trace?: (line: string) => void;
}

export function createClient({ socketPath, timeoutMs = 10_000, trace = () => undefined }: ClientOptions): Client {
  return {
    async call<N extends RouteName>(name: N, options: CallOptions = {}) {
      const { method } = paths[name];
      const path = pathOf(name, options);
      trace(`> ${method} ${path}`);
      const raw = await exchange({ socketPath, method, path, timeoutMs: timeoutMs + (options.wait === undefined ? 0 : limits.heldMs) }, options);
      if (raw.kind === 'unreachable') return raw;
      trace(`< ${raw.status}`);
      return interpret<Answer<N>>(raw);
    },
  };
}

function pathOf(name: RouteName, { params = {}, wait }: CallOptions): string {
  const path = paths[name].path.replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(params[key] ?? ''));
  return wait === undefined ? path : `${path}?wait=${encodeURIComponent(wait)}`;
}

interface Target {
  readonly socketPath: string;
  readonly method: string;
  readonly path: string;
  readonly timeoutMs: number;
}

interface Raw {
  readonly kind: 'answer';
  readonly status: number;
  readonly json: boolean;
  readonly text: string;
  readonly etag: string | undefined;
}

type Unreachable = Extract<Result<never>, { kind: 'unreachable' }>;

function exchange({ socketPath, method, path, timeoutMs }: Target, { body, signal }: CallOptions): Promise<Raw | Unreachable> {
  const sent = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const headers = { Host: 'localhost', ...(sent === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': sent.length }) };
  return new Promise((resolve) => {
    const unreachable = (code: string, reason: string): void => resolve({ kind: 'unreachable', code, reason });
    const request = httpRequest({ socketPath, method, path, headers, agent: false, ...(signal === undefined ? {} : { signal }) });
    const deadline = setTimeout(() => {
      unreachable('TIMEOUT', `no answer from ${socketPath} within ${timeoutMs / 1000} seconds`);
      request.destroy();
    }, timeoutMs);
    request.on('close', () => clearTimeout(deadline));
    request.on('error', (error: NodeJS.ErrnoException) => unreachable(error.name === 'AbortError' ? 'ABORTED' : (error.code ?? 'BROKEN'), `${socketPath}: ${error.message}`));
    request.on('response', (response) => {
      readWhole(response).then(
        (text) => resolve(answerOf(response, text)),
        (error: NodeJS.ErrnoException) => unreachable(error.code ?? 'BROKEN', `${socketPath}: ${error.message}`),
      );
    });
    request.end(sent);
  });
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, text: string): Raw {
  return { kind: 'answer', status: statusCode, json: headers['content-type']?.startsWith('application/json') === true, text, etag: headers.etag?.replace(/^"(.*)"$/, '$1') };
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

function interpret<T>({ status, json, text, etag }: Raw): Result<T> {
  const value = json && text !== '' ? parsed(text) : undefined;
  if (status >= 200 && status < 300) return { kind: 'ok', status, value: (json ? value : text) as T, text, etag };
  const { Error: error, code, hint } = (typeof value === 'object' && value !== null ? value : {}) as { Error?: string; code?: string; hint?: string };
  return { kind: 'refused', status, error: error ?? `status ${status}`, code, hint, text };
}

/** Undefined: not JSON, whatever the header says. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
