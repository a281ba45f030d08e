import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ArgumentReader, writeMessage } from '../src/arguments.ts';
import { Framing, type Message } from '../src/framing.ts';

const whole = { start: 0, end: 0 };
const argumentsOf = (bytes: Uint8Array) => new ArgumentReader(bytes, { ...whole, end: bytes.length });

test('a message as libwayland writes it: wl_display.get_registry with the id 2', () => {
  const little = Buffer.from([1, 0, 0, 0, 1, 0, 12, 0, 2, 0, 0, 0]);
  expect(Buffer.from(writeMessage(1, 1, 2))).toEqual(new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? little : little.swap32());
});

test('what was written is read, whatever it is and wherever it is cut', () => {
  const argument = fc.oneof(fc.nat(), fc.record({ int: fc.integer() }), fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !text.includes('\0')));
  const message = fc.record({ object: fc.nat(0xffff_ffff), opcode: fc.nat(0xffff), args: fc.array(argument, { maxLength: 5 }) });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 6 }), fc.infiniteStream(fc.integer({ min: 1, max: 30 })), (messages, sizes) => {
      const stream = Buffer.concat(messages.map(({ object, opcode, args }) => writeMessage(object, opcode, ...args)));
      const framing = new Framing();
      const seen: unknown[] = [];
      const copies: Uint8Array[] = [];
      for (let at = 0; at < stream.length; ) {
        const size = sizes.next().value as number;
        const frames = framing.take(stream.subarray(at, at + size));
        copies.push(Buffer.from(frames.bytes));
        for (const [index, one] of frames.messages.entries()) seen.push(readBack(one, frames.bytes, messages[seen.length]?.args ?? [], index));
        at += size;
      }
      expect(seen).toEqual(messages);
      expect(Buffer.concat(copies)).toEqual(stream);
    }),
  );
});

function readBack(message: Message, bytes: Uint8Array, args: readonly unknown[], index: number) {
  expect(message.start === 0).toBe(index === 0);
  const reader = new ArgumentReader(bytes, message);
  const read = args.map((one) => (typeof one === 'number' ? reader.uint() : typeof one === 'string' ? reader.string() : { int: reader.int() }));
  return { object: message.object, opcode: message.opcode, args: read };
}

test.each([0, 4, 7, 10])('a size of %i is none', (size) => {
  const bytes = Buffer.from(writeMessage(1, 0));
  bytes.set(new Uint8Array(new Uint32Array([size << 16]).buffer), 4);
  expect(() => new Framing().take(bytes)).toThrow(`a message of ${size} bytes`);
});

test('a message ends within its arguments, at every place', () => {
  const bytes = writeMessage(1, 0, 7, 'wl_shm');
  for (let end = 8; end < bytes.length; end += 4) {
    const reader = new ArgumentReader(bytes, { start: 0, end });
    expect(() => [reader.uint(), reader.string()]).toThrow('ends within its arguments');
  }
});

test.each([
  ['no NUL', [6, 'wl_shm!!']], ['a NUL inside', [7, 'wl\0shm\0\0']], ['the null string', [0, '']],
  ['a length beyond everything', [0xffff_fff0, 'wl_shm\0\0']],
] as const)('a string with %s is refused: C would read another one', (_what, [length, text]) => {
  const bytes = Buffer.concat([writeMessage(1, 0, length), Buffer.from(text)]);
  expect(() => argumentsOf(bytes).string()).toThrow(/a string that|ends within/);
});

test('no message is larger than its size can say', () => {
  expect(() => writeMessage(1, 0, 'x'.repeat(0xffff))).toThrow(/a message of \d+ bytes/);
});
