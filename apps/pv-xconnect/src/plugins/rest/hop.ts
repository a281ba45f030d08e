/**
 * Fields that are about one connection and not about the message (RFC 9110 7.6.1). They end here: what the other
 * connection needs is written anew, so that nobody can have a field dropped there by naming it in Connection.
 */
import type { Field } from '@pv/http-wire/fields';
import { isFraming } from '@pv/http-wire/framing';
import { listOf } from '@pv/http-wire/fields';
import type { Version } from '@pv/http-wire/version';

const ofOneConnection: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'upgrade', 'http2-settings']);
/** A message is routed and framed by them, whatever Connection says. */
const needed: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding', 'trailer']);
/** RFC 9110 6.5.1: what a trailer must not say, since it comes too late. */
const notInTrailers: ReadonlySet<string> = new Set([...ofOneConnection, ...needed, 'content-encoding', 'content-type', 'content-range', 'authorization', 'cookie', 'set-cookie', 'expect', 'cache-control', 'max-forwards']);

export interface Connection {
  /** The elements of Connection, in lower case. */
  readonly options: readonly string[];
  /** The sender would use the connection again. */
  readonly persists: boolean;
}

export function readConnection({ version, fields }: { readonly version: Version; readonly fields: readonly Field[] }): Connection {
  const options = listOf(fields, 'connection');
  return { options, persists: version === '1.1' ? !options.includes('close') : options.includes('keep-alive') && !options.includes('close') };
}

/** Of the message, and not of its framing. */
export function endToEnd(fields: readonly Field[], { options }: Connection): Field[] {
  return fields.filter((field) => !ofOneConnection.has(field.key) && !isFraming(field) && (!options.includes(field.key) || needed.has(field.key)));
}

export function trailersOf(fields: readonly Field[]): Field[] {
  return fields.filter(({ key }) => !notInTrailers.has(key));
}

/** Beyond these the requests would go on, with fields that nobody reads. */
const stillHttp = /^(?:h2|h3|http|tls)/;

/** The protocols that are asked for or agreed to, in lower case; none without "Connection: upgrade". */
export function upgradesOf(fields: readonly Field[], { options }: Connection): string[] {
  return options.includes('upgrade') ? listOf(fields, 'upgrade').filter((protocol) => !stillHttp.test(protocol)) : [];
}
