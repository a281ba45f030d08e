/** Tarballs whose bytes depend on their contents alone: not on the time, the machine, its user, or Node's zlib. */
import { gzipSync } from 'fflate';
import { pack } from 'tar-stream';
import type { Content } from './contents.ts';

/** A `.tgz` with all files below `package/`, sorted, owned by root. `epoch`: seconds, the time of every file. */
export async function tarball(contents: readonly Content[], epoch: number): Promise<Buffer> {
  const tar = pack();
  for (const { path, bytes, mode } of [...contents].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    tar.entry({ name: `package/${path}`, size: bytes.length, mode, mtime: new Date(epoch * 1000), uid: 0, gid: 0, uname: 'root', gname: 'root' }, bytes);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.from(gzipSync(Buffer.concat(chunks), { level: 9, mtime: 0 }));
}
