/**
 * The request target and the Host rule (spec control-api 1.2): missing, empty or `localhost` with an optional
 * port, in the Host field and in an absolute-form target alike.
 */
import type { IncomingMessage } from 'node:http';
import type { ApiError } from '@pv/contract/errors';
import type { Limits } from './exchange.ts';

export interface Target {
  /** Still percent-encoded, without query. */
  readonly pathname: string;
  readonly query: URLSearchParams;
}

export type TargetResult = { readonly kind: 'target'; readonly target: Target } | { readonly kind: 'error'; readonly error: ApiError };

export function readTarget(request: IncomingMessage, limits: Limits): TargetResult {
  const raw = request.url ?? '';
  if (raw.length > limits.requestTargetBytes) return refused({ code: 'uri-too-long', detail: String(limits.requestTargetBytes) });
  const absolute = /^http:\/\/([^/?#]*)(.*)$/i.exec(raw);
  const hosts = [...hostFields(request), ...(absolute === null ? [] : [absolute[1] ?? ''])];
  if (hosts.length > (absolute === null ? 1 : 2) || !hosts.every(isOurs)) return refused({ code: 'bad-host' });
  const path = absolute === null ? raw : (absolute[2] ?? '');
  const split = path.indexOf('?');
  const pathname = split < 0 ? path : path.slice(0, split);
  if (absolute === null && !pathname.startsWith('/')) return refused({ code: 'bad-request', detail: 'the request target is not a path' });
  return { kind: 'target', target: { pathname: pathname || '/', query: new URLSearchParams(split < 0 ? '' : path.slice(split + 1)) } };
}

const refused = (error: ApiError): TargetResult => ({ kind: 'error', error });
const isOurs = (host: string): boolean => /^(?:localhost)?(?::\d{0,5})?$/i.test(host);

function hostFields({ rawHeaders }: IncomingMessage): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'host');
}
