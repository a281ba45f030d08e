/**
 * What a WebAssembly module (core, binary, version 1) imports and exports. Reads the frame of each section, and two of
 * them in full: enough to refuse, before anything is stopped for it, a module that could never start. Whether its code is
 * valid is for the runtime to decide. Bytes are not trusted. Pure.
 */
export interface Module {
  /** `module.name`. */
  readonly imports: readonly { readonly module: string; readonly name: string }[];
  /** Names. */
  readonly exports: readonly string[];
}

export type ModuleResult = { readonly kind: 'module'; readonly module: Module } | { readonly kind: 'invalid'; readonly reason: string };

const sections = { import: 2, export: 7 } as const;

export function readModule(bytes: Uint8Array): ModuleResult {
  const kind = preamble(bytes);
  if (kind !== undefined) return { kind: 'invalid', reason: kind };
  try {
    return { kind: 'module', module: readSections(new Reader(bytes, 8)) };
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'invalid', reason: error.message };
    throw error;
  }
}

function preamble(bytes: Uint8Array): string | undefined {
  const magic = [0x00, 0x61, 0x73, 0x6d];
  if (bytes.length === 0) return 'is empty';
  if (magic.some((byte, at) => bytes[at] !== byte)) return 'is not a WebAssembly module: it does not begin with \\0asm';
  if (bytes.length < 8) return 'is cut off in its first 8 bytes';
  if (bytes[6] === 1) return 'is a WebAssembly component; WasmEdge runs core modules';
  return bytes[4] === 1 && bytes[5] === 0 && bytes[7] === 0 ? undefined : `is of WebAssembly version ${bytes[4]}; WasmEdge runs version 1`;
}

function readSections(reader: Reader): Module {
  const found: { imports: Module['imports']; exports: string[] } = { imports: [], exports: [] };
  while (!reader.atEnd()) {
    const id = reader.byte();
    const section = reader.part(reader.u32());
    if (id === sections.import) found.imports = section.list(readImport);
    if (id === sections.export) found.exports = section.list(readExport);
  }
  return found;
}

function readImport(reader: Reader): Module['imports'][number] {
  const entry = { module: reader.text(), name: reader.text() };
  const kind = reader.byte();
  if (kind === 0) reader.u32();
  else if (kind === 1) {
    reader.valueType();
    readLimits(reader);
  } else if (kind === 2) readLimits(reader);
  else if (kind === 3) {
    reader.valueType();
    reader.byte();
  } else if (kind === 4) {
    reader.byte();
    reader.u32();
  } else throw new Malformed(`imports '${entry.module}.${entry.name}' of a kind that is not known, ${kind}`);
  return entry;
}

function readLimits(reader: Reader): void {
  const flags = reader.byte();
  reader.u64();
  if ((flags & 1) === 1) reader.u64();
}

function readExport(reader: Reader): string {
  const name = reader.text();
  reader.byte();
  reader.u32();
  return name;
}

class Malformed extends Error {}

class Reader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new Malformed(`is cut off at byte ${this.#at}`);
    this.#at += 1;
    return byte;
  }

  part(length: number): Reader {
    const left = this.#bytes.length - this.#at;
    if (length > left) throw new Malformed(`is cut off: a part at byte ${this.#at} has ${length} bytes, ${left} are there`);
    const part = new Reader(this.#bytes.subarray(this.#at, this.#at + length));
    this.#at += length;
    return part;
  }

  u32(): number {
    const value = this.#leb(5);
    if (value > 0xffff_ffff) throw new Malformed('holds a number that is too large');
    return value;
  }

  /** Only skipped over: no limit that we read needs its value. */
  u64(): void {
    this.#leb(10);
  }

  text(): string {
    const { length } = this.#bytes;
    const part = this.part(this.u32());
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(part.#bytes);
    } catch {
      throw new Malformed(`holds a name that is not UTF-8, before byte ${this.#at} of ${length}`);
    }
  }

  /** One byte, or of a later proposal a reference with its heap type. */
  valueType(): void {
    const type = this.byte();
    if (type === 0x63 || type === 0x64) this.#leb(5);
  }

  list<T>(read: (reader: Reader) => T): T[] {
    const count = this.u32();
    // Each entry has a byte at least: a large count cannot make us allocate.
    if (count > this.#bytes.length) throw new Malformed(`is cut off: a list of ${count} entries has no room for them`);
    return Array.from({ length: count }, () => read(this));
  }

  #leb(maxBytes: number): number {
    let value = 0;
    for (let shift = 0; shift < maxBytes; shift += 1) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * shift);
      if (byte < 0x80) return value;
    }
    throw new Malformed(`holds a number that does not end, at byte ${this.#at}`);
  }
}
