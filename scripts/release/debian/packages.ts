/** All Debian packages of a release. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Content, nativeContents, programContents } from '../contents.ts';
import { natives } from '../native.ts';
import { type Program, programs } from '../programs.ts';
import { release, sums } from '../release.ts';
import { control } from './control.ts';
import { writeDebianPackage } from './package.ts';

/** Writes the packages into `out`, and their sums beside them. Their names: `<name>_<version>_<architecture>.deb`. `epoch`: seconds. */
export async function writeDebianPackages(out: string, epoch: number): Promise<string[]> {
  const written = programs.map((program) => write(out, program, 'all', programContents(program), epoch));
  for (const native of natives) if (native.debian !== undefined) written.push(write(out, native, native.debian, await nativeContents(native), epoch));
  // Named otherwise than that of the tarballs, as a release has all its files in one place.
  writeFileSync(join(out, 'SHA256SUMS-deb'), sums(new Map(written.map((file) => [file, readFileSync(join(out, file))]))));
  return written;
}

function write(out: string, program: Omit<Program, 'files'>, architecture: string, contents: readonly Content[], epoch: number): string {
  const { version } = release;
  const file = `${program.name}_${version}_${architecture}.deb`;
  const size = contents.reduce((sum, { bytes }) => sum + bytes.length, 0);
  writeDebianPackage(join(out, file), program.name, control(program, { version, architecture, size }), contents, epoch);
  return file;
}
