/**
 * Calls the rows of the contract. Paths come from its table, types from its schemas; nothing is validated at run time,
 * for the servers are ours, and a tool must start fast. What a server or a socket does is a value: see `Result`.
 */
import { limits } from '@pv/contract/limits';
import { paths } from '@pv/contract/paths';
import type { RouteName } from '@pv/contract/routes';
import { exchange, type RawAnswer } from './exchange.ts';
import type { Answer, CallArguments, Result, RowOf, Server } from './types.ts';

export interface Client<S extends Server = 'pv-core'> {
  call<N extends RowOf<S>>(name: N, ...options: CallArguments<N>): Promise<Result<Answer<N>>>;
}

export interface ClientOptions<S extends Server = 'pv-core'> {
  readonly socketPath: string;
  /** Whose rows the socket has. pv-ctrl's sockets have pv-core's. */
  readonly server?: S;
  /** Milliseconds for a call, 10 s if not given; a held request has the server's own time on top. */
  readonly timeoutMs?: number;
  /** Told of each call: `> GET /containers`, then `< 200`. */
  readonly trace?: (line: string) => void;
}

/** All that a call may take, whatever its row. */
interface AnyOptions {
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly wait?: string;
  readonly signal?: AbortSignal;
}

export function createClient<S extends Server = 'pv-core'>({ socketPath, timeoutMs = 10_000, trace = () => undefined }: ClientOptions<S>): Client<S> {
  return {
    async call<N extends RowOf<S>>(name: N, ...[options]: CallArguments<N>) {
      const { wait, body, signal, params }: AnyOptions = options ?? {};
      const { method } = paths[name];
      const path = pathOf(name, params, wait);
      trace(`> ${method} ${path}`);
      const answer = await exchange({
        socketPath, method, path, signal,
        body: body === undefined ? undefined : Buffer.from(JSON.stringify(body)),
        timeoutMs: timeoutMs + (wait === undefined ? 0 : limits.heldMs),
      });
      if (answer.kind === 'unreachable') return answer;
      trace(`< ${answer.status}`);
      return interpret<Answer<N>>(answer, socketPath);
    },
  };
}

function pathOf(name: RouteName, params: AnyOptions['params'] = {}, wait: string | undefined): string {
  const path = paths[name].path.replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(params[key] ?? ''));
  return wait === undefined ? path : `${path}?wait=${encodeURIComponent(wait)}`;
}

function interpret<T>({ status, isJson, text, etag }: RawAnswer, socketPath: string): Result<T> {
  const json = isJson && text !== '' ? parsed(text) : { value: undefined };
  if (status < 200 || status > 299) return refused(status, json?.value, text);
  if (json === undefined) return { kind: 'unreachable', code: 'BROKEN', reason: `${socketPath}: the answer says that it is JSON and is not` };
  return { kind: 'ok', status, value: (isJson ? json.value : text) as T, text, etag };
}

function refused<T>(status: number, body: unknown, text: string): Result<T> {
  const { Error: error, code, hint } = (typeof body === 'object' && body !== null ? body : {}) as Readonly<Record<string, unknown>>;
  const word = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  return { kind: 'refused', status, error: word(error) ?? `the server answered with status ${status}`, code: word(code), hint: word(hint), text };
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
