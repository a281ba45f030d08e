/**
 * The part of the Yocto layer that is written, not by hand: version, sums, licences and files of a release, for recipes/classes/pv-program.bbclass.
 * Each name ends in that of a tarball without its version.
 */
import { createHash } from 'node:crypto';
import type { Content } from './contents.ts';
import { nativeContents, programContents } from './contents.ts';
import { koffiLibrary } from './koffi.ts';
import { bundledLibraries } from './libraries.ts';
import { natives } from './native.ts';
import { programs } from './programs.ts';
import { release } from './release.ts';

export const includePath = 'recipes/recipes-pv/programs/pantavisor-release.inc';

interface Archive {
  readonly name: string;
  readonly tarball: string;
  readonly contents: readonly Content[];
  /** SPDX names. */
  readonly licences: readonly string[];
}

/** The text of the file, for a release as buildRelease gives it. Throws when a tarball is missing in it. */
export async function releaseInclude(files: ReadonlyMap<string, Buffer>): Promise<string> {
  const archives = [...programs.map(({ name, ...program }) => programArchive(name, programContents({ name, ...program }))), ...(await Promise.all(natives.map(async (native) => nativeArchive(native.variant, await nativeContents(native)))))];
  return `# Written by npm run pack; do not edit.\n\nPV = "${release.version}"\n\n${archives.map((archive) => archiveLines(archive, files.get(archive.tarball))).join('\n')}`;
}

function programArchive(name: string, contents: readonly Content[]): Archive {
  const licences = [release.license, ...bundledLibraries(name).map(({ licence }) => licence)];
  return { name, tarball: `${name}-${release.version}.tgz`, contents, licences };
}

function nativeArchive(variant: string, contents: readonly Content[]): Archive {
  return { name: `pv-native-${variant}`, tarball: `pv-native-${release.version}-${variant}.tgz`, contents, licences: [koffiLibrary().licence] };
}

function archiveLines({ name, tarball, contents, licences }: Archive, bytes: Buffer | undefined): string {
  const copyright = contents.find(({ path }) => path.endsWith('/copyright'));
  if (bytes === undefined || copyright === undefined) throw new Error(`${tarball}: is not in the release, or has no licence text`);
  const paths = contents.map(({ path }) => `    /${path} \\\n`).sort();
  return [
    `PV_SHA256_${name} = "${sum('sha256', bytes)}"\n`,
    `PV_LICENSE_${name} = "${[...new Set(licences)].sort().map(bitbakeLicence).join(' & ')}"\n`,
    `PV_COPYRIGHT_${name} = "${sum('md5', copyright.bytes)}"\n`,
    `PV_FILES_${name} = "\\\n${paths.join('')}"\n`,
  ].join('');
}

/** SPDX says OR and AND where bitbake says | and &. */
function bitbakeLicence(spdx: string): string {
  const text = spdx.replaceAll(' OR ', ' | ').replaceAll(' AND ', ' & ');
  return /[|&]/.test(text) ? `(${text.replace(/^\((.*)\)$/, '$1')})` : text;
}

function sum(algorithm: string, bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest('hex');
}
