/** A consumer's request as the provider gets it. Pure. */
import type { Body } from '@pv/http-wire/framing';
import type { RequestHead } from '@pv/http-wire/request';
import { framingFields, type NamedValue, writeHead } from '@pv/http-wire/write';
import { endToEnd, readConnection, upgradesOf } from './hop.ts';
import { claimsIdentity } from './identity.ts';

export interface OutgoingRequest {
  readonly text: string;
  /** The consumer would use its connection again. */
  readonly persists: boolean;
  /** In lower case. */
  readonly upgrades: readonly string[];
}

/** `target` is what the rules allowed. */
export function outgoingRequest(head: RequestHead, target: string, body: Body, identity: readonly NamedValue[]): OutgoingRequest {
  const connection = readConnection(head);
  const upgrades = head.version === '1.1' ? upgradesOf(head.fields, connection) : [];
  const fields = endToEnd(head.fields, connection).filter((field) => field.key !== 'host' && !claimsIdentity(field));
  const host = head.host === undefined ? [] : [{ name: 'Host', value: head.host }];
  const text = writeHead(`${head.method} ${target} HTTP/${head.version}`, host, identity, fields, connectionFields(head, connection.persists, upgrades), framingFields(body));
  return { text, persists: connection.persists, upgrades };
}

function connectionFields({ version }: RequestHead, persists: boolean, upgrades: readonly string[]): NamedValue[] {
  if (upgrades.length > 0) return [{ name: 'Connection', value: persists ? 'upgrade' : 'upgrade, close' }, { name: 'Upgrade', value: upgrades.join(', ') }];
  if (version === '1.1') return persists ? [] : [{ name: 'Connection', value: 'close' }];
  return persists ? [{ name: 'Connection', value: 'keep-alive' }] : [];
}
