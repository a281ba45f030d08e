/** A layer: a tar archive whose bytes depend on its entries and the given time alone, and its compressed form. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { project } from '@pv/testkit/box/project';
import { pack } from 'tar-stream';
import type { Entry } from './entry.ts';

export interface Layer {
  /** SHA-256 of the tar archive, in hexadecimal digits. */
  readonly id: string;
  /** The archive, by gzip. */
  readonly bytes: Buffer;
}

/** `epoch`: seconds, the time of every entry. */
export async function layer(entries: readonly Entry[], epoch: number): Promise<Layer> {
  const tar = await archive(entries, epoch);
  const id = sha256(tar);
  return { id, bytes: compressed(id, tar) };
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Sorted by path, so a directory comes before what is in it. */
export async function archive(entries: readonly Entry[], epoch: number): Promise<Buffer> {
  const tar = pack();
  for (const entry of [...entries].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const common = { name: entry.path, mtime: new Date(epoch * 1000), uid: 0, gid: 0, uname: 'root', gname: 'root' };
    if (entry.type === 'symlink') tar.entry({ ...common, type: 'symlink', linkname: entry.target, mode: 0o777 });
    else if (entry.type === 'directory') tar.entry({ ...common, type: 'directory', mode: entry.mode });
    else tar.entry({ ...common, type: 'file', mode: entry.mode, size: entry.bytes.length }, entry.bytes);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Compressing Debian's part takes longer than all the rest, and gives the same each time: so the result is kept, by the SHA-256. */
function compressed(id: string, tar: Buffer): Buffer {
  if (tar.length < 16 * 1024 * 1024) return gzipSync(tar);
  const folder = join(project, '.cache', 'layers');
  const path = join(folder, `${id}.gz`);
  if (existsSync(path)) return readFileSync(path);
  const bytes = gzipSync(tar);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${path}.${process.pid}`, bytes);
  renameSync(`${path}.${process.pid}`, path);
  return bytes;
}
