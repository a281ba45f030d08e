/**
 * Reads a pvrexport: a gzip tar with `json` and `objects/<sha256>` (spec state-engine 5.6). Objects are verified while
 * they stream into `objectsDir`; member names are matched exactly, so no name of an archive ever becomes a path.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, open, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type ExtractEvents } from 'tar-stream';
import { parseStateText, type StateText } from './state-text.ts';
import { asStorageError, StorageError } from './storage-error.ts';

type Source = ExtractEvents['entry'][1];

const maxJson = 4 * 1024 * 1024;

/** Throws StorageError that names the export and the member. Files that it wrote before stay in `objectsDir`. */
export async function readExport(path: string, objectsDir: string): Promise<StateText> {
  const file = basename(path);
  const found: { state?: StateText } = {};
  const tar = extract();
  const unpacked = pipeline(createReadStream(path), createGunzip(), tar);
  // Its failure is reported below; until then it must not count as unhandled.
  unpacked.catch(() => undefined);
  try {
    for await (const entry of tar) {
      await readMember(entry, file, objectsDir, found);
    }
    await unpacked;
  } catch (error) {
    throw explained(file, error);
  }
  if (found.state === undefined) throw new StorageError(file, "has no member 'json'", 'export the part again');
  return found.state;
}

async function readMember(entry: Source, file: string, objectsDir: string, found: { state?: StateText }): Promise<void> {
  const name = entry.header.name.replace(/^\.\//, '');
  const id = /^objects\/([0-9a-f]{64})$/.exec(name)?.[1];
  const plain = entry.header.type === 'file' || entry.header.type === 'contiguous-file';
  if (plain && name === 'json') {
    if (found.state !== undefined) throw new StorageError(file, "has the member 'json' twice", 'export the part again');
    found.state = parseStateText(`${file}: json`, await readText(entry, file));
  } else if (plain && id !== undefined) {
    await storeObject(Readable.from(entry, { objectMode: false }), id, `${file}: ${name}`, objectsDir);
  } else {
    for await (const chunk of entry) void chunk;
  }
}

async function readText(entry: AsyncIterable<unknown>, file: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const piece of entry) {
    const chunk = piece as Buffer;
    size += chunk.length;
    if (size > maxJson) throw new StorageError(`${file}: json`, `is larger than ${maxJson} bytes`, 'split the part');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function storeObject(entry: Readable, id: string, where: string, objectsDir: string): Promise<void> {
  const fresh = join(objectsDir, `${id}.tmp`);
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await pipeline(entry, hashing, createWriteStream(fresh, { mode: 0o644 }));
    const actual = hash.digest('hex');
    if (actual !== id) throw new StorageError(where, `has the SHA-256 ${actual}`, 'the export is damaged: copy or export it again');
    await sync(fresh);
    await rename(fresh, join(objectsDir, id));
  } catch (error) {
    await rm(fresh, { force: true });
    throw asStorageError(where, error);
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  await handle.sync();
  await handle.close();
}

function explained(file: string, error: unknown): StorageError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof StorageError) return error;
  if (code?.startsWith('Z_') === true || message === 'Unexpected end of data' || message.startsWith('Invalid tar header')) {
    return new StorageError(file, `is not a whole gzip tar archive (${message})`, 'the export is damaged: copy or export it again');
  }
  return asStorageError(file, error);
}

/** Does the object store have it? */
export async function hasObject(objectsDir: string, id: string): Promise<boolean> {
  return access(join(objectsDir, id)).then(() => true, () => false);
}
