/** Header and trailer fields: strict names, values without control characters, one line each. */
import { charClass, skipClass } from './chars.ts';
import { HttpWireError } from './errors.ts';
import { wireLimits } from './limits.ts';

export interface Field {
  /** As it came. */
  readonly name: string;
  /** The name in lower case. */
  readonly key: string;
  /** Without the white space around it; a character per byte. */
  readonly value: string;
}

/** Most fields that are asked for are not there. */
const none: readonly string[] = [];

/** Whole lines, each with its CRLF, from `at` on. */
export function parseFields(text: string, at: number): Field[] {
  const fields: Field[] = [];
  for (let start = at; start < text.length; ) {
    if (fields.length === wireLimits.fields) throw new HttpWireError(`more than ${wireLimits.fields} fields`);
    const end = text.indexOf('\r\n', start);
    fields.push(parseField(text, start, end));
    start = end + 2;
  }
  return fields;
}

function parseField(text: string, start: number, end: number): Field {
  const colon = skipClass(text, start, charClass.token, end);
  if (colon === start) throw new HttpWireError(isBlank(text.charCodeAt(start)) ? 'a field that goes on in the next line (obs-fold)' : 'a field without a name');
  if (text.charCodeAt(colon) !== 0x3a) throw new HttpWireError(isBlank(text.charCodeAt(colon)) ? "white space before a field's colon" : 'a field name that is not a token');
  if (skipClass(text, colon + 1, charClass.value, end) !== end) throw new HttpWireError("a control character in a field's value");
  const name = text.slice(start, colon);
  return { name, key: name.toLowerCase(), value: trimmed(text, colon + 1, end) };
}

function trimmed(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from += 1;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

export function valuesOf(fields: readonly Field[], key: string): readonly string[] {
  let values: string[] | undefined;
  for (const field of fields) if (field.key === key) (values ??= []).push(field.value);
  return values ?? none;
}

/** The elements of a list field (RFC 9110 5.6.1), in lower case, of all its lines. */
export function listOf(fields: readonly Field[], key: string): readonly string[] {
  const values = valuesOf(fields, key);
  if (values.length === 0) return none;
  return values.flatMap((value) => value.toLowerCase().split(',')).map((element) => element.trim()).filter((element) => element !== '');
}
