/** Messages as text, a character per byte (latin1). What is written here was parsed or validated before. */
import type { Body } from './framing.ts';

export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

/** `fields`: in groups, which follow each other. */
export function writeHead(startLine: string, ...fields: readonly (readonly NamedValue[])[]): string {
  let text = `${startLine}\r\n`;
  for (const group of fields) text += writeFields(group);
  return `${text}\r\n`;
}

export function writeFields(fields: readonly NamedValue[]): string {
  let text = '';
  for (const { name, value } of fields) text += `${name}: ${value}\r\n`;
  return text;
}

/** The field that frames the body; none for what needs none. */
export function framingFields(body: Body): NamedValue[] {
  if (body.kind === 'length') return [{ name: 'Content-Length', value: String(body.length) }];
  if (body.kind === 'chunked') return [{ name: 'Transfer-Encoding', value: 'chunked' }];
  return [];
}

export function writeChunkStart(size: number): string {
  return `${size.toString(16)}\r\n`;
}

export const chunkEnd = '\r\n';

export function writeLastChunk(trailers: readonly NamedValue[]): string {
  return `0\r\n${writeFields(trailers)}\r\n`;
}
