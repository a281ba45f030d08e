/** Opens the body of a request. A regular file has a length and is streamed; a pipe has none and is streamed as it comes. */
import { createReadStream, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { BodySource } from './options.ts';

export type Body =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** `length` undefined: until the stream's end. */
  | { readonly kind: 'stream'; readonly stream: Readable; readonly length: number | undefined };

/** Bytes. */
const small = 64 * 1024;

/** Throws the system's error when the file cannot be opened or read. */
export async function openBody(source: BodySource | undefined, stdin: () => Readable): Promise<Body> {
  if (source === undefined) return { kind: 'bytes', bytes: Buffer.alloc(0) };
  if (source.kind === 'text') return { kind: 'bytes', bytes: Buffer.from(source.text) };
  const body = source.path === '-' ? ({ kind: 'stream', stream: stdin(), length: undefined } as const) : openFile(source.path);
  return source.as === 'bytes' ? body : { kind: 'bytes', bytes: await withoutLineEnds(body) };
}

function openFile(path: string): Body {
  const fd = openSync(path, 'r');
  const stat = fstatSync(fd);
  if (stat.isDirectory()) throw Object.assign(new Error(`${path} is a directory`), { code: 'EISDIR' });
  if (!stat.isFile()) return { kind: 'stream', stream: createReadStream(path, { fd }), length: undefined };
  // Read, not believed: files of /proc and /sys say a length that they have not.
  if (stat.size <= small) return { kind: 'bytes', bytes: readFileSync(fd) };
  // What is appended meanwhile is not part of the body that was announced.
  return { kind: 'stream', stream: createReadStream(path, { fd, end: stat.size - 1 }), length: stat.size };
}

async function withoutLineEnds(body: Body): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body.kind === 'bytes' ? [body.bytes] : (body.stream as AsyncIterable<Buffer>)) chunks.push(chunk.filter((byte) => byte !== 0x0a && byte !== 0x0d && byte !== 0) as Buffer);
  return Buffer.concat(chunks);
}
