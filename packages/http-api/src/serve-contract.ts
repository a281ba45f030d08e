/**
 * Serves the rows of the contract that belong to one program: finds the row, reads and checks the body, calls
 * `handle`, answers. One call per request, one answer per request; what is not in the table never reaches `handle`.
 *
 *   const api = serveContract({
 *     server: 'pv-core',
 *     handle: async (match, request) => ({ kind: 'json', value: [...], etag: 'abc' }),
 *     onFault: (error, what) => log.error(...),
 *   });
 *   const listener = net.createServer({ allowHalfOpen: true }, (socket) => api.accept(socket));
 *   listener.listen(fdOrPath);        // later: listener.close(); await api.drain(5_000);
 *
 * `handle` holds a request by not resolving; it must resolve soon after `request.signal` aborts (the client has
 * closed or half-closed). A throw is a fault: 500, and `onFault`. Who may connect is decided by the socket's
 * mode and by pv-ctrl; `request.caller` is what pv-ctrl vouches for (`_pv_` when the field is missing).
 */
import type { ApiError } from '@pv/contract/errors';
import { hostName } from '@pv/contract/grammar';
import { matchRoute, routes, type Route, type RouteMatch } from '@pv/contract/routes';
import { answer, answerError, type Reply } from './answer.ts';
import { createApiServer, type ApiServer } from './api-server.ts';
import { readBody } from './body.ts';
import { checkBody } from './check-body.ts';
import type { Exchange, Limits } from './exchange.ts';
import { readTarget } from './target.ts';

export interface ApiRequest {
  /** A container's name, or `_pv_` for the host. */
  readonly caller: string;
  readonly query: URLSearchParams;
  /** What the row's schema let through; undefined for a row without body. */
  readonly body: unknown;
  readonly signal: AbortSignal;
}

export interface ServeOptions {
  readonly server: Route['server'];
  readonly handle: (match: RouteMatch, request: ApiRequest) => Promise<Reply>;
  /** `what`: method and target of the request. */
  readonly onFault: (error: unknown, what: string) => void;
  readonly limits?: Limits;
}

/** The field in which pv-ctrl says who calls. */
export const callerField = 'x-pv-caller';

export function serveContract({ server, handle, onFault, limits }: ServeOptions): ApiServer {
  return createApiServer({
    serve: (exchange) => serve(exchange, server, handle),
    onFault: (error, { request }) => onFault(error, `${request.method} ${request.url}`),
    ...(limits === undefined ? {} : { limits }),
  });
}

async function serve(exchange: Exchange, server: Route['server'], handle: ServeOptions['handle']): Promise<void> {
  const { request } = exchange;
  const target = readTarget(request, exchange.limits);
  if (target.kind === 'error') return answerError(exchange, target.error);
  const found = matchRoute(server, request.method ?? '', target.target.pathname);
  if (found.kind === 'error') return answerError(exchange, found, found.code === 'method-not-allowed' ? { Allow: found.allow.join(', ') } : {});
  const body = await readCheckedBody(exchange, routes[found.match.name]);
  if (body.kind === 'error') return answerError(exchange, body.error);
  const caller = request.headers[callerField];
  answer(
    exchange,
    await handle(found.match, { caller: typeof caller === 'string' ? caller : hostName, query: target.target.query, body: body.value, signal: exchange.signal }),
  );
}

/** The body a row asks for, read and checked; `value` is undefined for a row without one. */
export async function readCheckedBody(exchange: Exchange, row: Route): Promise<{ kind: 'value'; value: unknown } | { kind: 'error'; error: ApiError }> {
  if (row.body === undefined) return { kind: 'value', value: undefined };
  const body = await readBody(exchange, row.body.maxBytes);
  return body.kind === 'error' ? body : checkBody(row.body, body.bytes);
}

/** The ETag that a held request already has, from `?wait=<etag>` (with or without quotes); undefined: do not hold. */
export function waitedEtag(query: URLSearchParams): string | undefined {
  return query.get('wait')?.replace(/^"(.*)"$/, '$1');
}
