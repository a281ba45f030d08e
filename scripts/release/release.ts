/** A release: what `npm run pack` writes into `dist/release`, as bytes by file name. Needs `dist`, as the build makes it. */
import { createHash } from 'node:crypto';
import { type Content, nativeContents, programContents } from './contents.ts';
import { koffiLibrary } from './koffi.ts';
import { bundledLibraries, integrityOf, type Library, readText } from './libraries.ts';
import { natives } from './native.ts';
import { programs } from './programs.ts';
import { sbom } from './sbom.ts';
import { tarball } from './tarball.ts';

/** Of the root's package.json: the one place that has the version. */
export const release = JSON.parse(readText('package.json')) as { readonly name: string; readonly version: string; readonly license: string };

/** `epoch`: seconds, the time of every packed file. */
export async function buildRelease(epoch: number): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const { name, contents } of await packages()) files.set(name, await tarball(contents, epoch));
  files.set(`${release.name}-${release.version}.cdx.json`, Buffer.from(billOfMaterials()));
  files.set('SHA256SUMS', Buffer.from(sums(files)));
  return files;
}

async function packages(): Promise<{ readonly name: string; readonly contents: readonly Content[] }[]> {
  const ofNatives = natives.map(async (native) => ({ name: `${native.name}-${release.version}-${native.variant}.tgz`, contents: await nativeContents(native) }));
  return [...programs.map((program) => ({ name: `${program.name}-${release.version}.tgz`, contents: programContents(program) })), ...(await Promise.all(ofNatives))];
}

function billOfMaterials(): string {
  const parts = programs.map(({ name, summary }) => ({ name, summary, libraries: bundledLibraries(name) }));
  const [{ name, summary }] = natives as readonly [(typeof natives)[number]];
  return sbom({ ...release, licence: release.license }, [...parts, { name, summary, libraries: nativeLibraries() }]);
}

function nativeLibraries(): Library[] {
  const koffi = koffiLibrary();
  const addons = [...new Set(natives.map(({ addon }) => addon))];
  return [koffi, ...addons.map((name) => ({ ...koffi, name, integrity: integrityOf(`${name}@${koffi.version}`) }))];
}

/** A text as `sha256sum --check` reads it. `files`: bytes by name. */
export function sums(files: ReadonlyMap<string, Buffer>): string {
  return [...files].map(([name, bytes]) => `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`).sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1)).join('');
}
