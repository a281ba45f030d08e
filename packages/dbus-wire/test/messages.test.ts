import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildMessage, busCall, type BodyValue } from '../src/build.ts';
import { Framer, type Head } from '../src/framing.ts';
import { messageType, readHeader, type Header } from '../src/header.ts';
import { WireReader } from '../src/reader.ts';

interface Seen {
  header: Header;
  body: Buffer;
  littleEndian: boolean;
}

function frames(stream: Uint8Array, cuts: () => number = () => stream.length): Seen[] {
  const seen: Seen[] = [];
  let head: Head | undefined;
  let body: Buffer[] = [];
  const framer = new Framer({
    onHead: (next) => void (head = next),
    onBody: (bytes) => void body.push(Buffer.from(bytes)),
    onMessageEnd: () => {
      if (head !== undefined) seen.push({ header: readHeader(head), body: Buffer.concat(body), littleEndian: head.littleEndian });
      body = [];
    },
  });
  for (let at = 0; at < stream.length; ) at += framer.push(stream.subarray(at, at + cuts()));
  return seen;
}

const name = fc.stringMatching(/^[a-z]{1,9}(\.[a-z]{1,9}){1,3}$/);
const value: fc.Arbitrary<BodyValue> = fc.oneof(fc.stringMatching(/^[ -~]{0,40}$/), fc.nat(), fc.boolean(), fc.array(fc.stringMatching(/^[ -~]{0,9}$/), { maxLength: 4 }));
const message = fc.record({ flags: fc.nat(7), serial: fc.integer({ min: 1, max: 0xffffffff }), member: fc.stringMatching(/^[A-Z][a-z]{0,9}$/), destination: name, interface: name, unixFds: fc.nat(253), body: fc.array(value, { maxLength: 4 }) });

test('what was built is read, wherever it is cut', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), fc.infiniteStream(fc.integer({ min: 1, max: 90 })), (messages, sizes) => {
      const built = messages.map(({ body, ...fields }) => ({ body, fields: { type: messageType.call, path: '/o', ...fields } }));
      const seen = frames(Buffer.concat(built.map(({ fields, body }) => buildMessage(fields, body))), () => sizes.next().value as number);
      expect(seen.map(({ header: { signature: _, ...header } }) => header)).toEqual(built.map(({ fields }) => fields));
      for (const [index, { body, littleEndian }] of seen.entries()) {
        const reader = new WireReader(body, littleEndian);
        const wanted = built[index]?.body ?? [];
        expect(wanted.map((one) => (typeof one === 'string' ? reader.string() : typeof one === 'object' ? reader.strings() : reader.uint32()))).toEqual(wanted.map((one) => (typeof one === 'boolean' ? Number(one) : one)));
      }
    }),
  );
});

test('a big-endian message as GLib writes it', () => {
  const bytes = Buffer.from([
    '42010001 00000004 00000007 00000037',
    '01016f00 00000002 2f6f0000 00000000',
    '06017300 00000003 612e6200 00000000',
    '03017300 00000002 446f0000 00000000',
    '08016700 01750000', // the array ends with the signature's NUL; the rest is padding
    '0000002a',
  ].join('').replaceAll(' ', ''), 'hex');
  const [seen] = frames(bytes);
  expect(seen?.header).toEqual({ type: 1, flags: 0, serial: 7, path: '/o', destination: 'a.b', member: 'Do', signature: 'u' });
  expect(new WireReader(seen?.body ?? Buffer.alloc(0), false).uint32()).toBe(42);
});

test('a body of 100 MiB is not kept', () => {
  const head = Buffer.from(buildMessage({ type: 1, flags: 0, serial: 1, path: '/o', member: 'M' }));
  head.writeUInt32LE(100 * 1024 * 1024, 4);
  let bytes = 0;
  const framer = new Framer({ onHead: () => undefined, onBody: (piece) => void (bytes += piece.length), onMessageEnd: () => void (bytes = -bytes) });
  framer.push(head);
  const piece = Buffer.alloc(1024 * 1024);
  for (let count = 0; count < 100; count++) framer.push(piece);
  expect(bytes).toBe(-100 * 1024 * 1024);
});

const call = (): Buffer => Buffer.from(busCall(1, 'GetNameOwner', ['org.x']));
const changed = (change: (bytes: Buffer) => void): Buffer => {
  const bytes = call();
  change(bytes);
  return bytes;
};

test.each([
  ['a byte order that is none', changed((bytes) => void (bytes[0] = 0x4c))],
  ['another protocol version', changed((bytes) => void (bytes[3] = 2))],
  ['type 0', changed((bytes) => void (bytes[1] = 0))],
  ['serial 0', changed((bytes) => bytes.writeUInt32LE(0, 8))],
  ['a head of 2 GiB', changed((bytes) => bytes.writeUInt32LE(0x7fffffff, 12))],
  ['a body of 128 MiB', changed((bytes) => bytes.writeUInt32LE(2 ** 27, 4))],
  ['a field that is too long', changed((bytes) => bytes.writeUInt32LE(0xffff, 20))],
  ['a NUL in a name', changed((bytes) => void (bytes[30] = 0))],
  ['a field of another type', changed((bytes) => void (bytes[18] = 0x75))],
  ['a field that does not exist', changed((bytes) => void (bytes[16] = 77))],
  ['a call without a path', Buffer.from(buildMessage({ type: 1, flags: 0, serial: 1, member: 'M' }))],
  ['a signal without an interface', Buffer.from(buildMessage({ type: 4, flags: 0, serial: 1, path: '/o', member: 'M' }))],
  ['an error without a name', Buffer.from(buildMessage({ type: 3, flags: 0, serial: 1, replySerial: 1 }))],
])('%s is a violation', (_, bytes) => {
  expect(() => frames(bytes)).toThrow(expect.objectContaining({ name: 'Violation' }));
});
