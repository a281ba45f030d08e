/** Exports made for a test, member by member. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Header, pack } from 'tar-stream';

export const spec = '"#spec":"pantavisor-service-system@1"';

export const sha = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

/** Name or header, then content. */
export type Member = readonly [string | (Partial<Header> & { name: string }), (string | Buffer)?];

export async function writeExport(path: string, members: readonly Member[]): Promise<string> {
  const tar = pack();
  for (const [header, content] of members) tar.entry(typeof header === 'string' ? { name: header } : header, content ?? '');
  tar.finalize();
  await pipeline(tar, createGzip(), createWriteStream(path));
  return path;
}
