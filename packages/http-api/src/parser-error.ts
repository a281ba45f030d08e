/** What the client is told when Node's strict HTTP parser, or one of the server's clocks, gave a request up. */
import type { IncomingMessage } from 'node:http';
import type { ApiError } from '@pv/contract/errors';
import type { Limits } from './exchange.ts';

const badVersion: ApiError = { code: 'bad-request', detail: 'this HTTP version is not spoken here' };

/** Those that pass upstream's first filter (spec control-api 1.2); that no row has HEAD is a 405 of its own. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE']);

/** What the parser lets through, but this server does not speak. */
export function protocolError({ httpVersionMajor, method }: IncomingMessage): ApiError | undefined {
  if (httpVersionMajor !== 1) return badVersion;
  return methods.has(method ?? '') ? undefined : { code: 'method-not-implemented' };
}

const byCode: Readonly<Record<string, (limits: Limits) => ApiError>> = {
  HPE_HEADER_OVERFLOW: (limits) => ({ code: 'head-too-large', detail: String(limits.headBytes) }),
  HPE_PAUSED_H2_UPGRADE: () => badVersion,
  HPE_INVALID_METHOD: () => ({ code: 'method-not-implemented' }),
  ERR_HTTP_REQUEST_TIMEOUT: () => ({ code: 'request-timeout' }),
};

/** undefined: the connection itself failed, there is nobody to tell. */
export function parserError(error: NodeJS.ErrnoException & { reason?: string }, limits: Limits): ApiError | undefined {
  const code = error.code ?? '';
  const known = byCode[code];
  if (known !== undefined) return known(limits);
  if (code.startsWith('HPE_')) return { code: 'bad-request', detail: error.reason ?? code };
  return undefined;
}
