/** A provider's response as the consumer gets it. Pure. */
import { valuesOf } from '@pv/http-wire/fields';
import { type Body, isFraming } from '@pv/http-wire/framing';
import type { ResponseHead } from '@pv/http-wire/response';
import type { Version } from '@pv/http-wire/version';
import { framingFields, type NamedValue, writeHead } from '@pv/http-wire/write';
import { endToEnd, readConnection } from './hop.ts';

export interface Answered {
  readonly method: string;
  readonly version: Version;
}

/** Chunks are not for HTTP/1.0: such a body goes on as it is, up to the end of stream. */
export function bodyFor({ version }: Answered, body: Body): Body {
  return body.kind === 'chunked' && version === '1.0' ? { kind: 'close' } : body;
}

/** `persists`: the connection is used again; `body`: as it is sent. */
export function outgoingResponse(head: ResponseHead, asked: Answered, body: Body, persists: boolean): string {
  const fields = endToEnd(head.fields, readConnection(head));
  return writeHead(statusLine(head), fields, connectionFields(head, asked, persists), lengthFields(head, asked, body));
}

/** 101: what follows is another protocol. */
export function switchingResponse(head: ResponseHead): string {
  const upgrade = valuesOf(head.fields, 'upgrade').map((value) => ({ name: 'Upgrade', value }));
  return writeHead(statusLine(head), endToEnd(head.fields, readConnection(head)), [{ name: 'Connection', value: 'upgrade' }], upgrade);
}

export function interimResponse(head: ResponseHead): string {
  return writeHead(statusLine(head), endToEnd(head.fields, readConnection(head)));
}

function statusLine({ version, status, reason }: ResponseHead): string {
  return `HTTP/${version} ${status} ${reason}`;
}

/** Our connection lives exactly as long as the provider's, so what it says of its patience holds for ours. */
function connectionFields({ version, fields }: ResponseHead, asked: Answered, persists: boolean): NamedValue[] {
  if (!persists) return [{ name: 'Connection', value: 'close' }];
  const patience = valuesOf(fields, 'keep-alive').map((value) => ({ name: 'Keep-Alive', value }));
  const mustSay = version === '1.0' || asked.version === '1.0' || patience.length > 0;
  return mustSay ? [{ name: 'Connection', value: 'keep-alive' }, ...patience] : [];
}

/** A response without a body says by these how long that of another method would have been, where it may. */
function lengthFields({ status, fields }: ResponseHead, { method }: Answered, body: Body): NamedValue[] {
  if (body.kind !== 'none') return framingFields(body);
  return method === 'HEAD' || status === 304 ? fields.filter(isFraming) : [];
}
