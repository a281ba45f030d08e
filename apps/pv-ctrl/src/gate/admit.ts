/**
 * May this request through, and as what? The order is the spec's (control-api 1.2 to 1.4): well-formed target and
 * Host, a row, the caller's right to it, then its body. What is let through is written anew from checked parts, so
 * no byte of a container's own wording reaches pv-core.
 */
import type { ApiError } from '@pv/contract/errors';
import { matchRoute, routes, type Method, type Route, type RouteMatch } from '@pv/contract/routes';
import type { Exchange } from '@pv/http-api/exchange';
import { readCheckedBody, waitedEtag } from '@pv/http-api/serve-contract';
import { readTarget } from '@pv/http-api/target';
import type { Caller } from '../identity/caller.ts';

export interface CoreRequest {
  readonly method: Method;
  readonly path: string;
  readonly body: string | undefined;
  /** pv-core may keep it waiting for a change. */
  readonly held: boolean;
}

export type Admission =
  | { readonly kind: 'forward'; readonly request: CoreRequest }
  | { readonly kind: 'error'; readonly error: ApiError; readonly allow?: readonly Method[] };

/** pv-ctrl's own name among the daemons. */
const ownName = 'pv-ctrl';

export async function admit(exchange: Exchange, caller: Caller): Promise<Admission> {
  const target = readTarget(exchange.request, exchange.limits);
  if (target.kind === 'error') return target;
  const { pathname, query } = target.target;
  const found = matchRoute('pv-core', exchange.request.method ?? '', pathname);
  if (found.kind === 'error') return { kind: 'error', error: found, ...(found.code === 'method-not-allowed' ? { allow: found.allow } : {}) };
  const row: Route = routes[found.match.name];
  const refusal = callerError(row, caller);
  if (refusal !== undefined) return { kind: 'error', error: refusal };
  const body = await readCheckedBody(exchange, row);
  if (body.kind === 'error') return body;
  if (stopsOurselves(found.match, body.value)) return { kind: 'error', error: { code: 'daemon-is-caller' } };
  return { kind: 'forward', request: rewrite(row, found.match, query, body.value) };
}

function callerError(row: Route, caller: Caller): ApiError | undefined {
  if (row.caller === 'anyone' || (row.caller === 'mgmt' && caller.mgmt)) return undefined;
  return { code: row.params === undefined ? 'not-mgmt' : 'not-mgmt-item' };
}

function stopsOurselves({ name, params }: RouteMatch, body: unknown): boolean {
  return name === 'controlDaemon' && params['name'] === ownName && (body as { action?: unknown }).action === 'stop';
}

function rewrite(row: Route, { params }: RouteMatch, query: URLSearchParams, body: unknown): CoreRequest {
  const path = row.path.replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(params[key] ?? ''));
  const etag = row.heldBy === undefined ? undefined : waitedEtag(query);
  return {
    method: row.method,
    path: etag === undefined ? path : `${path}?${new URLSearchParams({ wait: etag }).toString()}`,
    body: body === undefined ? undefined : JSON.stringify(body),
    held: etag !== undefined,
  };
}
