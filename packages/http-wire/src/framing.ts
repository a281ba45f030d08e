/**
 * Where a message's body ends (RFC 9112 6), decided in one way only: what could be read in two ways is refused, in
 * requests as in responses.
 */
import { isDigits } from './chars.ts';
import { HttpWireError } from './errors.ts';
import { type Field, valuesOf } from './fields.ts';
import type { RequestHead } from './request.ts';
import type { ResponseHead } from './response.ts';

export type Body =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  /** Until the end of stream. */
  | { readonly kind: 'close' };

const none: Body = { kind: 'none' };

/** Throws HttpWireError. */
export function requestBody({ method, version, fields }: RequestHead): Body {
  const declared = declaredBody({ version, fields });
  if (method === 'CONNECT' && declared !== undefined) throw new HttpWireError('a CONNECT with a body');
  return declared ?? none;
}

/** `method`: of the request that it answers. Throws HttpWireError. */
export function responseBody(head: ResponseHead, method: string): Body {
  const declared = declaredBody(head);
  const { status } = head;
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return none;
  if (method === 'CONNECT' && status < 300) return none;
  return declared ?? { kind: 'close' };
}

function declaredBody({ version, fields }: Pick<RequestHead, 'version' | 'fields'>): Body | undefined {
  const codings = valuesOf(fields, 'transfer-encoding');
  const lengths = valuesOf(fields, 'content-length');
  if (codings.length === 0) return lengths.length === 0 ? undefined : { kind: 'length', length: readLength(lengths) };
  if (lengths.length > 0) throw new HttpWireError('both Content-Length and Transfer-Encoding');
  if (version === '1.0') throw new HttpWireError('a Transfer-Encoding in HTTP/1.0');
  if (codings.length > 1 || codings[0]?.toLowerCase() !== 'chunked') throw new HttpWireError("a Transfer-Encoding other than 'chunked'");
  return { kind: 'chunked' };
}

function readLength(values: readonly string[]): number {
  const [first = ''] = values;
  if (values.some((value) => value !== first)) throw new HttpWireError('several Content-Lengths that differ');
  if (!isDigits(first)) throw new HttpWireError('a Content-Length that is not a number');
  const length = Number(first);
  if (!Number.isSafeInteger(length)) throw new HttpWireError('a Content-Length beyond any body');
  return length;
}

/** Names of the fields that frame a message: whoever forwards it writes them anew. */
export function isFraming({ key }: Field): boolean {
  return key === 'content-length' || key === 'transfer-encoding';
}
