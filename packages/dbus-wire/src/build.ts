/** Small messages of our own, little-endian. Strings are ASCII here: names, rules and sentences. */
import { aligned } from './framing.ts';
import { fieldTable, messageFlag, messageType, type Header } from './header.ts';

export const busName = 'org.freedesktop.DBus';

export type BodyValue = string | number | boolean | readonly string[];

/** Values of types `s`, `u`, `b` and `as`. */
export function buildMessage(header: Omit<Header, 'signature'>, body: readonly BodyValue[] = []): Uint8Array {
  const writer = new Writer();
  writer.bytes(0x6c, header.type, header.flags, 1);
  writer.uint32(0);
  writer.uint32(header.serial);
  const fields = body.length === 0 ? header : { ...header, signature: body.map(typeOf).join('') };
  writer.array(8, () => writeFields(writer, fields));
  writer.align(8);
  const bodyAt = writer.length;
  for (const value of body) writeValue(writer, value);
  writer.patch(4, writer.length - bodyAt);
  return writer.result();
}

/** A call of the bus's own interface. */
export function busCall(serial: number, member: string, body: readonly BodyValue[], iface: string = busName): Uint8Array {
  return buildMessage({ type: messageType.call, flags: messageFlag.noAutoStart, serial, path: '/org/freedesktop/DBus', interface: iface, member, destination: busName }, body);
}

function writeFields(writer: Writer, header: Header): void {
  for (const { code, key, type } of fieldTable) {
    const value = header[key];
    if (value === undefined) continue;
    writer.align(8);
    writer.bytes(code);
    writer.signature(type);
    if (typeof value === 'number') writer.uint32(value);
    else if (type === 'g') writer.signature(value);
    else writer.string(value);
  }
}

function typeOf(value: BodyValue): string {
  if (typeof value === 'string') return 's';
  if (typeof value === 'number') return 'u';
  return typeof value === 'boolean' ? 'b' : 'as';
}

function writeValue(writer: Writer, value: BodyValue): void {
  if (typeof value === 'string') writer.string(value);
  else if (typeof value === 'number' || typeof value === 'boolean') writer.uint32(Number(value));
  else writer.array(4, () => value.forEach((text) => writer.string(text)));
}

class Writer {
  readonly #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  bytes(...values: readonly number[]): void {
    for (const value of values) this.#bytes.push(value);
  }

  align(alignment: number): void {
    const end = aligned(this.length, alignment);
    while (this.length < end) this.#bytes.push(0);
  }

  uint32(value: number): void {
    this.align(4);
    this.bytes(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
  }

  string(text: string): void {
    this.uint32(text.length);
    this.#text(text);
  }

  signature(text: string): void {
    this.bytes(text.length);
    this.#text(text);
  }

  /** The length does not count the padding before the first element. */
  array(alignment: number, elements: () => void): void {
    this.uint32(0);
    const lengthAt = this.length - 4;
    this.align(alignment);
    const start = this.length;
    elements();
    this.patch(lengthAt, this.length - start);
  }

  patch(at: number, value: number): void {
    for (let index = 0; index < 4; index++) this.#bytes[at + index] = (value >>> (8 * index)) & 0xff;
  }

  result(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #text(text: string): void {
    for (let index = 0; index < text.length; index++) this.#bytes.push(text.charCodeAt(index) & 0xff);
    this.#bytes.push(0);
  }
}
