/**
 * What must hold of a dbus session whatever its consumer sends: checked for the committed corpus as tests, and for
 * mutations of it by test/fuzz.
 */
import { deepStrictEqual, ok } from 'node:assert/strict';
import { busName } from '@pv/dbus-wire/build';
import { Framer, type Head } from '@pv/dbus-wire/framing';
import { messageType, readHeader, type Header } from '@pv/dbus-wire/header';
import { makeDbusFilter } from '../../src/plugins/dbus/filter.ts';
import { filterBench, type FilterBench } from './filter-bench.ts';

export const guid = 'ab'.repeat(16);
const uid = 65_534;
const opening = '\0AUTH EXTERNAL 3635353334\r\n';
const negotiation = 'NEGOTIATE_UNIX_FD\r\n';

const aborted = (bench: FilterBench): boolean => bench.did.some((one) => one.startsWith('abort'));
const text = (bench: FilterBench): string => bench.bytes('provider').toString('latin1');

/** The bus's half of the handshake: it takes us, and descriptors. */
function answerHandshake(bench: FilterBench, seen: { authenticated: boolean; negotiations: number }): void {
  if (!seen.authenticated) bench.filter.onData('provider', Buffer.from(`OK ${guid}\r\n`), []);
  seen.authenticated = true;
  for (; !aborted(bench) && seen.negotiations < text(bench).split(negotiation).length - 1; seen.negotiations++) bench.filter.onData('provider', Buffer.from('AGREE_UNIX_FD\r\n'), []);
}

/** Cut into pieces of `size`. What reaches the bus is our own handshake and, after it, what follows the consumer's BEGIN. */
export function checkHandshake(input: Buffer, size: number): void {
  const bench = filterBench(makeDbusFilter, { uid });
  const over = (): boolean => aborted(bench) || bench.did.includes('pass through');
  const seen = { authenticated: false, negotiations: 0 };
  bench.filter.onConnected?.();
  let at = 0;
  for (; at < input.length && !over(); at += size) {
    bench.filter.onData('consumer', input.subarray(at, at + size), []);
    answerHandshake(bench, seen);
  }
  const sent = text(bench);
  ok(sent.startsWith(opening), 'the handshake with the bus begins with the role');
  const rest = sent.slice(opening.length).replace(/^(?:NEGOTIATE_UNIX_FD\r\n)*/, '');
  if (!bench.did.includes('pass through')) return deepStrictEqual(rest, '');
  ok(rest.startsWith('BEGIN\r\n'), 'the handshake ends with BEGIN');
  ok(bench.bytes('consumer').includes(`OK ${guid}`), 'the consumer was told before');
  const taken = input.subarray(0, at).toString('latin1');
  ok(taken.endsWith(rest.slice('BEGIN\r\n'.length)), 'only what followed the BEGIN of the consumer is passed on');
  ok(/^BEGIN(?: .*)?\r\n/m.test(taken), 'the consumer said BEGIN');
}

/** Of the bus, by a consumer whose only rule is to talk to org.open.Server. */
const busMembers = new Set(['Hello', 'AddMatch', 'RemoveMatch', 'GetId', 'ListNames', 'ListActivatableNames', 'NameHasOwner', 'GetNameOwner', 'GetConnectionUnixProcessID',
  'GetConnectionUnixUser', 'GetConnectionCredentials', 'GetAdtAuditSessionData', 'GetConnectionSELinuxSecurityContext', 'StartServiceByName', 'Introspect', 'Ping']);

/** Every message that reaches the bus is whole, understood, and allowed; every descriptor is passed on or closed, once. */
export function checkMessages(input: Buffer, size: number): void {
  const bench = filterBench(makeDbusFilter, { uid, interface: 'org.open.Server' });
  bench.filter.onConnected?.();
  bench.filter.onData('provider', Buffer.from(`OK ${guid}\r\n`), []);
  bench.filter.onData('consumer', Buffer.from('\0AUTH EXTERNAL 30\r\n'), []);
  bench.filter.onData('consumer', Buffer.from(negotiation), []);
  bench.filter.onData('provider', Buffer.from('AGREE_UNIX_FD\r\n'), []);
  bench.filter.onData('consumer', Buffer.from('BEGIN\r\n'), []);
  const before = bench.bytes('provider').length;
  const given: number[] = [];
  for (let at = 0; at < input.length && !aborted(bench); at += size) {
    const fds = at === 0 || at % 3 === 0 ? [] : [given.push(1000 + given.length) + 999];
    bench.filter.onData('consumer', input.subarray(at, at + size), fds);
  }
  for (const header of headersOf(bench.bytes('provider').subarray(before))) ok(isAllowed(header), `this reached the bus: ${JSON.stringify(header)}`);
  endOf(bench);
  deepStrictEqual([...bench.fds('provider'), ...bench.closed].sort(), given.sort());
}

/** What the relay does when a session is over, however that came. */
export function endOf(bench: FilterBench): void {
  bench.filter.onClosed?.();
}

function isAllowed({ type, destination, interface: iface, member = '' }: Header): boolean {
  if (type === messageType.signal) return destination === undefined || destination === 'org.open.Server';
  if (type !== messageType.call) return false;
  if (destination !== busName) return destination === 'org.open.Server';
  return busMembers.has(member) && (iface === undefined || iface === busName || member === 'Introspect' || member === 'Ping');
}

/** The last one may still be on its way. */
function headersOf(bytes: Buffer): Header[] {
  const headers: Header[] = [];
  const framer = new Framer({ onHead: (head: Head) => void headers.push(readHeader(head)), onBody: () => undefined, onMessageEnd: () => undefined });
  framer.push(bytes);
  ok(!framer.inHead, 'no head is passed on in part');
  return headers;
}
