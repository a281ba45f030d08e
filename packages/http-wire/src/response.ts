/** A response's head (RFC 9112 4). */
import { charClass, skipClass } from './chars.ts';
import { HttpWireError } from './errors.ts';
import { type Field, parseFields } from './fields.ts';
import { readVersion, type Version } from './version.ts';

export interface ResponseHead {
  readonly version: Version;
  /** 100 to 999. */
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly Field[];
}

/** `text`: lines with their CRLFs. Throws HttpWireError. */
export function parseResponseHead(text: string): ResponseHead {
  const end = text.indexOf('\r\n');
  const { version, status, reason } = parseStatusLine(text.slice(0, end));
  return { version, status, reason, fields: parseFields(text, end + 2) };
}

/** The reason, and the space before it, may be missing, as they are in the field. */
export function parseStatusLine(line: string): Omit<ResponseHead, 'fields'> {
  const version = readVersion(line.slice(0, 8));
  if (!/^ [1-9][0-9][0-9](?: |$)/.test(line.slice(8, 13))) throw new HttpWireError('a status line without a status');
  if (skipClass(line, 13, charClass.value) < line.length) throw new HttpWireError('a control character in a status line');
  return { version, status: Number(line.slice(9, 12)), reason: line.slice(13) };
}
