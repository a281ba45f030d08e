/** What the files of the table are made of. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { project } from '@pv/testkit/box/project';
import { addonFiles, koffiFolder, koffiLibrary } from './koffi.ts';
import { bundledLibraries, type Library, readText } from './libraries.ts';
import type { Native } from './native.ts';
import type { Program } from './programs.ts';

export interface Content {
  /** On the device, without the first slash. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly mode: 0o644 | 0o755;
}

/** Needs `dist`, as the build makes it. Throws when a file of the table is not there. */
export function programContents({ name, files }: Program): Content[] {
  return files.map((path) => content(path, programFile(name, path)));
}

export async function nativeContents({ addon, files }: Native): Promise<Content[]> {
  const koffi = koffiLibrary();
  const fetched = await addonFiles(addon, koffi.version);
  const modules = 'usr/lib/node_modules';
  return files.map((path) => {
    if (path.endsWith('/copyright')) return content(path, Buffer.from(koffi.notices.join('\n')));
    if (path.startsWith(`${modules}/koffi/`)) return content(path, readFileSync(join(koffiFolder, path.slice(`${modules}/koffi/`.length))));
    return content(path, fetched.get(path.slice(`${modules}/${addon}/`.length)) ?? missing(path));
  });
}

function content(path: string, bytes: Buffer): Content {
  return { path, bytes, mode: /^usr\/bin\/|^etc\/init\.d\/|\/hooks\//.test(path) ? 0o755 : 0o644 };
}

function programFile(program: string, path: string): Buffer {
  if (path.endsWith('/copyright')) return Buffer.from(copyright(bundledLibraries(program)));
  if (path.endsWith('/build.json')) return Buffer.from(releasedBuildInfo());
  const source = path.endsWith('.md') ? join('docs', 'man', `${program}.md`) : join('scripts', 'release', 'files', path);
  const built = join(project, 'dist', path.replace(/^usr\//, ''));
  const found = [join(project, source), built].find((candidate) => existsSync(candidate));
  return found === undefined ? missing(path) : readFileSync(found);
}

function missing(path: string): never {
  throw new Error(`${path}: is in the table of what is released, but not built`);
}

/** Without the state of the checkout: recipes hold the sums of what is packed, and are themselves a part of it. */
function releasedBuildInfo(): string {
  const info = JSON.parse(readText('dist', 'lib', 'pantavisor', 'build.json')) as Record<string, unknown>;
  return `${JSON.stringify({ ...info, source: null }, null, 2)}\n`;
}

/** Our licence, then those of the libraries in the bundle. */
function copyright(libraries: readonly Library[]): string {
  const notices = libraries.map(({ name, version, licence, notices }) => `--- ${name} ${version} (${licence}), which is a part of this program:\n\n${notices.join('\n')}`);
  return [readText('LICENSE'), ...notices].join('\n');
}
