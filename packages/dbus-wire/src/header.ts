/**
 * What the head of a message says. Read strictly, so that nobody else who reads it can come to another conclusion:
 * each field once, of its own type. A field that the specification does not have is a violation too (a bus strips
 * such fields from what its clients send).
 */
import type { Head } from './framing.ts';
import { WireReader } from './reader.ts';
import { Violation } from './violation.ts';

export const messageType = { call: 1, return: 2, error: 3, signal: 4 } as const;
export const messageFlag = { noReply: 1, noAutoStart: 2 } as const;

export interface HeaderFields {
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  readonly errorName?: string;
  readonly replySerial?: number;
  readonly destination?: string;
  readonly sender?: string;
  readonly signature?: string;
  readonly unixFds?: number;
}

export interface Header extends HeaderFields {
  /** Of `messageType`; other values may come, and mean a message to be ignored. */
  readonly type: number;
  /** Bits of `messageFlag`. */
  readonly flags: number;
  readonly serial: number;
}

type FieldType = 'o' | 's' | 'u' | 'g';

export const fieldTable: readonly { readonly code: number; readonly key: keyof HeaderFields; readonly type: FieldType }[] = [
  { code: 1, key: 'path', type: 'o' },
  { code: 2, key: 'interface', type: 's' },
  { code: 3, key: 'member', type: 's' },
  { code: 4, key: 'errorName', type: 's' },
  { code: 5, key: 'replySerial', type: 'u' },
  { code: 6, key: 'destination', type: 's' },
  { code: 7, key: 'sender', type: 's' },
  { code: 8, key: 'signature', type: 'g' },
  { code: 9, key: 'unixFds', type: 'u' },
];

const fieldsAt = 16;

/** Throws Violation. */
export function readHeader({ bytes, littleEndian }: Head): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [type, flags, serial] = [view.getUint8(1), view.getUint8(2), view.getUint32(8, littleEndian)];
  if (type === 0 || serial === 0) throw new Violation(`a D-Bus message of type ${type} with serial ${serial}`);
  const header = { ...readFields(bytes, littleEndian, view.getUint32(12, littleEndian)), type, flags, serial };
  checkComplete(header);
  return header;
}

function readFields(bytes: Uint8Array, littleEndian: boolean, length: number): HeaderFields {
  const reader = new WireReader(bytes, littleEndian, fieldsAt, fieldsAt + length);
  const fields: Partial<Record<keyof HeaderFields, string | number>> = {};
  while (!reader.done) {
    reader.align(8);
    const [code, type] = [reader.byte(), reader.signature()];
    const field = fieldTable.find((entry) => entry.code === code);
    if (field === undefined || field.type !== type) throw new Violation(`a D-Bus message with a field ${code} of type '${type}'`);
    if (Object.hasOwn(fields, field.key)) throw new Violation(`a D-Bus message that says its ${field.key} twice`);
    fields[field.key] = field.type === 'u' ? reader.uint32() : field.type === 'g' ? reader.signature() : reader.string();
  }
  return fields as HeaderFields;
}

const required: Readonly<Record<number, readonly (keyof HeaderFields)[]>> = {
  [messageType.call]: ['path', 'member'],
  [messageType.return]: ['replySerial'],
  [messageType.error]: ['replySerial', 'errorName'],
  [messageType.signal]: ['path', 'interface', 'member'],
};

function checkComplete(header: Header): void {
  const missing = (required[header.type] ?? []).filter((key) => header[key] === undefined);
  if (missing.length > 0) throw new Violation(`a D-Bus message of type ${header.type} without its ${missing.join(', ')}`);
}
