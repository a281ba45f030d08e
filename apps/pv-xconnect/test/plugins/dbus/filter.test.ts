/** The handshake by itself: silence, refusals, descriptors where none may be. */
import { buildMessage, busCall } from '@pv/dbus-wire/build';
import { messageType } from '@pv/dbus-wire/header';
import { describe, expect, test } from 'vitest';
import { makeDbusFilter } from '../../../src/plugins/dbus/filter.ts';
import { endOf, guid } from '../../kit/dbus-fuzz.ts';
import { filterBench, type FilterBench } from '../../kit/filter-bench.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const lines = (bench: FilterBench, to: 'consumer' | 'provider'): string => bench.bytes(to).toString('latin1');

function connected(spec: object = {}): FilterBench {
  const bench = filterBench(makeDbusFilter, { uid: 1001, ...spec });
  bench.filter.onConnected?.();
  return bench;
}

test('7.2-6 silence ends after 30 s, and a handshake that is over does not', () => {
  const silent = connected();
  expect(silent.did).toEqual(['deadline 30000']);
  silent.filter.onDeadline?.();
  expect(silent.did.at(-1)).toBe('abort the D-Bus handshake was not over after 30 s');
  const quick = connected();
  quick.filter.onData('provider', bytes(`OK ${guid}\r\n`), []);
  quick.filter.onData('consumer', bytes('\0AUTH EXTERNAL 30\r\nBEGIN\r\n'), []);
  expect(quick.did.slice(-2)).toEqual(['deadline undefined', 'pass through']);
});

test('everything in one packet waits for the bus, and is passed on with what follows', () => {
  const bench = connected();
  bench.filter.onData('consumer', bytes('\0AUTH EXTERNAL 30\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\nHello'), []);
  expect(lines(bench, 'provider')).toBe('\0AUTH EXTERNAL 31303031\r\n');
  expect(lines(bench, 'consumer')).toBe('');
  bench.filter.onEnd?.('consumer');
  bench.filter.onData('provider', bytes(`OK ${guid}\r\n`), []);
  expect(bench.did).not.toContain('end provider');
  bench.filter.onData('provider', bytes('AGREE_UNIX_FD\r\n'), []);
  expect(lines(bench, 'provider')).toBe('\0AUTH EXTERNAL 31303031\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\nHello');
  expect(lines(bench, 'consumer')).toBe(`OK ${guid}\r\nAGREE_UNIX_FD\r\n`);
  expect(bench.did.slice(-2)).toEqual(['end provider', 'pass through']);
});

test('a bus that does not take the role is said so, with its user', () => {
  const bench = connected();
  bench.filter.onData('consumer', bytes('\0AUTH EXTERNAL 30\r\n'), []);
  bench.filter.onData('provider', bytes('REJECTED EXTERNAL\r\n'), []);
  expect(lines(bench, 'consumer')).toBe('REJECTED EXTERNAL\r\n');
  expect(bench.did.at(-1)).toBe('abort the bus does not take user 1001: REJECTED EXTERNAL');
});

const welcome = buildMessage({ type: messageType.return, flags: 1, serial: 1, replySerial: 1 }, [':1.7']);

/** A session with a policy, after the handshake. */
function begun(spec: object): FilterBench {
  const bench = connected(spec);
  bench.filter.onData('provider', bytes(`OK ${guid}\r\n`), []);
  bench.filter.onData('consumer', bytes('\0AUTH EXTERNAL 30\r\nBEGIN\r\n'), []);
  bench.sent.provider.length = 0;
  return bench;
}

describe('a violation is that of who committed it, whoever spoke last', () => {
  test('in the handshake', () => {
    const bench = connected();
    bench.filter.onData('consumer', bytes('\0AUTH EXTERNAL 30\r\nBEGIN \x01'), []);
    bench.filter.onData('provider', bytes(`OK ${guid}\r\n`), []);
    expect(bench.did.at(-1)).toBe('abort the consumer does not speak D-Bus as it should: byte 1 in a line of the D-Bus handshake');
    const other = connected();
    other.filter.onData('provider', bytes('WHAT\r\n'), []);
    expect(other.did.at(-1)).toMatch(/^abort the provider does not speak/);
  });

  test('behind what was held back', () => {
    const bench = begun({ allow: [{ talk: ['org.x.*'] }] });
    bench.filter.onData('consumer', Buffer.concat([busCall(1, 'Hello', []), bytes('this is no D-Bus')]), []);
    bench.filter.onData('provider', buildMessage({ type: messageType.return, flags: 1, serial: 9, replySerial: 0xffff0001 }, [[]]), []);
    expect(bench.did.at(-1)).toMatch(/^abort the consumer does not speak D-Bus as it should: a D-Bus message begins with byte 116/);
  });
});

test('a Hello that is refused does not begin anything: the owners are asked for after the real one', () => {
  const bench = begun({ interface: 'org.x.Y' });
  const asked = (): string[] => lines(bench, 'provider').match(/Ping|Hello|GetNameOwner/g) ?? [];
  bench.filter.onData('consumer', busCall(1, 'Hello', [], 'org.x.Other'), []);
  expect(asked()).toEqual(['Ping']);
  bench.filter.onData('consumer', busCall(2, 'Hello', []), []);
  expect(asked()).toEqual(['Ping', 'Hello', 'GetNameOwner']);
});

describe('what a bus makes a session remember or keep has an end', () => {
  test('of those who come and go; who may be talked to stays', () => {
    const bench = begun({ interface: 'org.x.Y' });
    bench.filter.onData('consumer', busCall(1, 'Hello', []), []);
    const signal = { type: messageType.signal, flags: 1, path: '/', interface: 'org.freedesktop.DBus', member: 'NameOwnerChanged', sender: 'org.freedesktop.DBus' };
    bench.filter.onData('provider', Buffer.concat([welcome, buildMessage({ ...signal, serial: 2 }, ['org.x.Y', '', ':1.1'])]), []);
    for (let count = 0; count < 10_000; count++) {
      bench.filter.onData('provider', buildMessage({ ...signal, serial: 3 }, ['org.else', '', `:2.${count}`]), []);
      bench.filter.onData('provider', buildMessage({ type: messageType.signal, flags: 1, serial: 4, path: '/', interface: 'a.b', member: 'C', sender: `:3.${count}`, destination: ':1.7' }), []);
    }
    const { known } = bench.filter.snapshot?.() as { known: { peers: [string, number][]; names: unknown[] } };
    expect([known.peers.length, known.names.length]).toEqual([4096, 4096]);
    expect(known.peers).toEqual(expect.arrayContaining([[':1.7', 2], [':1.1', 2], [':3.9999', 1]]));
  });

  test('of rules that are learnt, and of names that no bus has', () => {
    const bench = begun({ learn: true });
    const to = (destination: string): void => bench.filter.onData('consumer', buildMessage({ type: messageType.call, flags: 1, serial: 3, path: '/o', member: 'M', destination }), []);
    to(`org.${'x'.repeat(1000)}`);
    for (let count = 0; count < 2000; count++) to(`org.n${count}`);
    expect(bench.did.filter((one) => one.startsWith('note'))).toHaveLength(1000);
    expect(bench.did.at(-1)).toBe('note learn: talk org.n999');
  });

  test('of a list of names', () => {
    const bench = begun({ interface: 'org.x.Y' });
    bench.filter.onData('consumer', busCall(2, 'ListNames', []), []);
    bench.filter.onData('provider', buildMessage({ type: messageType.return, flags: 1, serial: 1, replySerial: 2 }, [['x'.repeat(512 * 1024)]]), []);
    expect(bench.did.at(-1)).toMatch(/^abort the provider .* a body of \d+ bytes, more than 524288/);
  });
});

test('7.2-9 a session that ends while it answers closes its descriptors once', () => {
  const bench = filterBench((spec, out) => {
    const filter = makeDbusFilter(spec, {
      ...out,
      send: (to, sent, fds) => {
        out.send(to, sent, fds);
        // As the relay does when the bus does not read its messages.
        if (Buffer.from(sent).includes('Ping')) filter.onClosed?.();
      },
    });
    return filter;
  }, { uid: 1001, interface: 'org.x.Y' });
  bench.filter.onConnected?.();
  bench.filter.onData('provider', bytes(`OK ${guid}\r\n`), []);
  bench.filter.onData('consumer', bytes('\0AUTH EXTERNAL 30\r\nNEGOTIATE_UNIX_FD\r\n'), []);
  bench.filter.onData('provider', bytes('AGREE_UNIX_FD\r\n'), []);
  bench.filter.onData('consumer', bytes('BEGIN\r\n'), []);
  bench.filter.onData('consumer', buildMessage({ type: messageType.call, flags: 0, serial: 2, path: '/o', member: 'M', destination: 'org.x.Z', unixFds: 1 }), [77]);
  expect(bench.closed).toEqual([77]);
});

describe('7.2-9 descriptors', () => {
  test('in the handshake end the session and are closed', () => {
    const bench = connected();
    bench.filter.onData('consumer', bytes('\0AUTH EXTERNAL 30\r\n'), [77]);
    expect(bench.closed).toEqual([77]);
    expect(bench.did.at(-1)).toBe('abort descriptors in the D-Bus handshake');
  });

  test('before a violation are closed', () => {
    const bench = connected();
    bench.filter.onData('consumer', bytes('no NUL'), [77]);
    expect(bench.closed).toEqual([77]);
    expect(bench.did.at(-1)).toMatch(/^abort the consumer does not speak D-Bus as it should/);
  });

  test('of a head that never comes whole are closed with the session', () => {
    const bench = connected({ interface: 'org.x.Y' });
    bench.filter.onData('provider', bytes(`OK ${guid}\r\n`), []);
    bench.filter.onData('consumer', bytes('\0AUTH EXTERNAL 30\r\nBEGIN\r\n'), []);
    bench.filter.onData('consumer', busCall(1, 'Hello', []).subarray(0, 10), [77]);
    expect(bench.closed).toEqual([]);
    endOf(bench);
    expect(bench.closed).toEqual([77]);
  });
});

test('a session that is handed over between two messages goes on where it was', () => {
  const spec = { uid: 1001, interface: 'org.x.Y' };
  const before = connected(spec);
  before.filter.onData('provider', bytes(`OK ${guid}\r\n`), []);
  expect(before.filter.snapshot?.()).toBeUndefined();
  before.filter.onData('consumer', bytes('\0AUTH EXTERNAL 30\r\nBEGIN\r\n'), []);
  const refused = buildMessage({ type: messageType.call, flags: 0, serial: 2, path: '/o', member: 'M', destination: 'org.x.Z' });
  before.filter.onData('consumer', Buffer.concat([busCall(1, 'Hello', []), refused, refused.subarray(0, 5)]), []);
  expect(before.filter.snapshot?.()).toBeUndefined();
  before.filter.onData('consumer', buildMessage({ type: messageType.call, flags: 1, serial: 3, path: '/o', member: 'M', destination: 'org.x.Z' }).subarray(5), []);
  const snapshot: unknown = JSON.parse(JSON.stringify(before.filter.snapshot?.()));
  const after = filterBench((_, out) => makeDbusFilter(spec, out, snapshot), spec);
  after.filter.onData('provider', buildMessage({ type: messageType.return, flags: 1, serial: 9, replySerial: 1 }, [':1.7']), []);
  after.filter.onData('provider', buildMessage({ type: messageType.return, flags: 1, serial: 10, replySerial: 2 }), []);
  after.filter.onData('provider', buildMessage({ type: messageType.return, flags: 1, serial: 11, replySerial: 2 }), []);
  const said = lines(after, 'consumer');
  expect(said.match(/ServiceUnknown/g)).toHaveLength(1);
  expect(said).toContain(':1.7');
  expect(after.did).toEqual([]);
});

test('rules of a subtree hold the consumer back until the names are known, and lose nothing of it', () => {
  const bench = connected({ allow: [{ talk: ['org.x.*'] }] });
  bench.filter.onData('provider', bytes(`OK ${guid}\r\n`), []);
  bench.filter.onData('consumer', bytes('\0AUTH EXTERNAL 30\r\nBEGIN\r\n'), []);
  bench.filter.onData('consumer', Buffer.concat([busCall(1, 'Hello', []), busCall(2, 'GetId', []).subarray(0, 9)]), []);
  expect(bench.did.at(-1)).toBe('pause consumer');
  expect(lines(bench, 'provider')).not.toContain('GetId');
  bench.filter.onData('consumer', busCall(2, 'GetId', []).subarray(9), []);
  bench.filter.onEnd?.('consumer');
  expect(bench.did).not.toContain('end provider');
  // The filter's third question: after a match rule, and Hello before it.
  const names = buildMessage({ type: messageType.return, flags: 1, serial: 9, replySerial: 0xffff0001 }, [['org.x.a', ':1.1', 'org.z']]);
  bench.filter.onData('provider', names, []);
  const sent = lines(bench, 'provider');
  expect(sent.match(/ListNames|GetNameOwner|org\.x\.a|org\.z|GetId/g)).toEqual(['ListNames', 'GetNameOwner', 'org.x.a', 'GetId']);
  expect(bench.did.slice(-2)).toEqual(['resume consumer', 'end provider']);
});
