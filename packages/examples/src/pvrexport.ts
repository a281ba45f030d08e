/** `<name>.pvrexport.tgz`: `json` and `objects/<sha256>`, byte for byte the same for the same input (spec state-engine 5.6). */
import { createHash } from 'node:crypto';
import { createWriteStream, renameSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

export interface Part {
  /** Inline documents by state key. */
  readonly documents: Readonly<Record<string, unknown>>;
  /** Files by state key. */
  readonly files: Readonly<Record<string, Buffer>>;
}

export async function writePvrExport(path: string, part: Part, epochSeconds: number): Promise<void> {
  const objects = new Map(Object.entries(part.files).map(([key, content]) => [key, { id: sha256(content), content }]));
  const state = { ...part.documents, ...Object.fromEntries([...objects].map(([key, { id }]) => [key, id])) };
  const json = Buffer.from(JSON.stringify(sorted(state)));
  const members = [...new Map([...objects.values()].map(({ id, content }) => [`objects/${id}`, content]))].sort(([a], [b]) => (a < b ? -1 : 1));
  const tar = pack();
  for (const [name, content] of [['json', json] as const, ...members]) {
    tar.entry({ name, size: content.length, mode: 0o644, mtime: new Date(epochSeconds * 1000), uid: 0, gid: 0, uname: 'root', gname: 'root' }, content);
  }
  tar.finalize();
  await pipeline(tar, createGzip({ level: 6 }), createWriteStream(`${path}.tmp`));
  renameSync(`${path}.tmp`, path);
}

/** `#spec` first, as pvr writes it; `#` sorts before letters anyway. */
function sorted(state: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ '#spec': 'pantavisor-service-system@1', ...state }).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
