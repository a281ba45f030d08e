/**
 * The object store: each file is named by the SHA-256 of its content. What lies under its name is whole, verified and
 * on the disk; nothing is ever written under its name in place.
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, open, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StorageError } from './storage-error.ts';

export interface Incoming {
  readonly id: string;
  /** Bytes, as announced. */
  readonly size: number;
  readonly content: Readable;
  /** For messages: where it comes from. */
  readonly where: string;
}

/** Throws StorageError when it is too large or has another content, and what the content or the disk fails with. Leaves nothing then. */
export async function storeObject({ id, size, content, where }: Incoming, objectsDir: string): Promise<void> {
  await checkRoom(size, where, objectsDir);
  const fresh = join(objectsDir, `${id}.tmp`);
  try {
    const actual = await writeHashed(content, fresh);
    if (actual !== id) throw new StorageError(where, `has the SHA-256 ${actual}`, 'the export is damaged: copy or export it again');
    await sync(fresh);
    await rename(fresh, join(objectsDir, id));
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

/** Before a long write that must fail. Root may use what is reserved; a file system without numbers is tried. */
async function checkRoom(size: number, where: string, directory: string): Promise<void> {
  const { blocks, bfree, bsize } = await statfs(directory);
  const free = bfree * bsize;
  if (blocks > 0 && size > free) throw new StorageError(where, `needs ${size} bytes of the storage, and ${free} are free`, 'free some space or use a larger storage');
}

async function writeHashed(content: Readable, path: string): Promise<string> {
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(content, hashing, createWriteStream(path, { mode: 0o644 }));
  return hash.digest('hex');
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Does the object store have it? */
export async function hasObject(objectsDir: string, id: string): Promise<boolean> {
  return access(join(objectsDir, id)).then(() => true, () => false);
}
