/**
 * Reads a pvrexport: a gzip tar with `json` and `objects/<sha256>` (spec state-engine 5.6). Objects are verified while
 * they stream into `objectsDir`; member names are matched exactly, so no name of an archive ever becomes a path. It
 * does not check that the objects which the state names are there.
 */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type ExtractEvents } from 'tar-stream';
import { storeObject } from './objects.ts';
import { parseStateText, type StateText } from './state-text.ts';
import { asStorageError, StorageError } from './storage-error.ts';

type Source = ExtractEvents['entry'][1];

interface Reading {
  readonly file: string;
  readonly objectsDir: string;
  /** For messages: the member that is being read. */
  where: string;
  state?: StateText;
}

const maxJson = 4 * 1024 * 1024;
const again = 'the export is damaged: copy or export it again';

/** Throws StorageError that names the export and the member. Objects that it stored before stay in `objectsDir`. */
export async function readExport(path: string, objectsDir: string): Promise<StateText> {
  const reading: Reading = { file: basename(path), objectsDir, where: basename(path) };
  const tar = extract();
  const failure = pipeline(createReadStream(path), createGunzip(), tar).then(() => undefined, (error: unknown) => error);
  try {
    for await (const entry of tar) await readMember(entry, reading);
  } catch (error) {
    throw explained(reading, error, await failure);
  }
  if (reading.state === undefined) throw new StorageError(reading.file, "has no member 'json'", 'export the part again');
  return reading.state;
}

async function readMember(entry: Source, reading: Reading): Promise<void> {
  const { type, size } = entry.header;
  const name = entry.header.name.replace(/^\.\//, '');
  const id = /^objects\/([0-9a-f]{64})$/.exec(name)?.[1];
  const plain = type === 'file' || type === 'contiguous-file';
  reading.where = `${reading.file}: ${name}`;
  if (plain && name === 'json') reading.state = await readState(entry, reading);
  else if (plain && id !== undefined) await storeObject({ id, size: size ?? 0, content: Readable.from(entry, { objectMode: false }), where: reading.where }, reading.objectsDir);
  else await skip(entry);
}

async function readState(entry: AsyncIterable<unknown>, { state, where }: Reading): Promise<StateText> {
  if (state !== undefined) throw new StorageError(where, 'is in the archive twice', 'export the part again');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const piece of entry) {
    const chunk = piece as Buffer;
    size += chunk.length;
    if (size > maxJson) throw new StorageError(where, `is larger than ${maxJson} bytes`, 'split the part');
    chunks.push(chunk);
  }
  return parseStateText(where, decode(Buffer.concat(chunks), where));
}

/** Strict: a replaced byte would change what a signature was made over. */
function decode(bytes: Buffer, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new StorageError(where, 'is not UTF-8', again, { cause });
  }
}

async function skip(entry: AsyncIterable<unknown>): Promise<void> {
  for await (const chunk of entry) void chunk;
}

/** `source`: what the archive itself failed with; a member that it cut off fails too, in words of its own. */
function explained({ file, where }: Reading, error: unknown, source: unknown): StorageError {
  if (source instanceof Error && isDamage(source)) return new StorageError(file, `is not a whole gzip tar archive (${source.message})`, again, { cause: source });
  return asStorageError(where, error);
}

function isDamage({ code, message }: NodeJS.ErrnoException): boolean {
  return code?.startsWith('Z_') === true || /^(?:Unexpected end of data|Invalid (?:tar )?header|Header exceeds max size)/.test(message);
}
