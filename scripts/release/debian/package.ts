/** A `.deb`, by dpkg-deb: the same bytes for the same contents, time and dpkg. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Content } from '../contents.ts';

/** A maintainer script is the file `<name>.<script>` of this folder. */
const scripts = ['prerm', 'postrm'];

/** Writes `out`. `epoch`: seconds, the time of every file. */
export function writeDebianPackage(out: string, name: string, control: string, contents: readonly Content[], epoch: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'pv-deb-'));
  try {
    for (const content of [...contents, ...controlFiles(name, control, contents)]) put(folder, content);
    settle(folder, epoch);
    execFileSync('dpkg-deb', ['--build', '--root-owner-group', folder, out], { env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch) }, stdio: ['ignore', 'ignore', 'inherit'] });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function controlFiles(name: string, control: string, contents: readonly Content[]): Content[] {
  const configuration = contents.filter(({ path }) => path.startsWith('etc/')).map(({ path }) => `/${path}\n`).join('');
  const sums = contents.map(({ path, bytes }) => `${createHash('md5').update(bytes).digest('hex')}  ${path}\n`).join('');
  const texts = { control, md5sums: sums, ...(configuration === '' ? {} : { conffiles: configuration }) };
  const found = scripts.map((script) => ({ script, source: join(import.meta.dirname, `${name}.${script}`) })).filter(({ source }) => existsSync(source));
  return [
    ...Object.entries(texts).map(([file, text]) => ({ path: `DEBIAN/${file}`, bytes: Buffer.from(text), mode: 0o644 as const })),
    ...found.map(({ script, source }) => ({ path: `DEBIAN/${script}`, bytes: readFileSync(source), mode: 0o755 as const })),
  ];
}

function put(folder: string, { path, bytes, mode }: Content): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), bytes);
  chmodSync(join(folder, path), mode);
}

/** Modes of folders whatever the umask is, and one time for all; a folder after what is in it. */
function settle(folder: string, epoch: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) settle(path, epoch);
    else utimesSync(path, epoch, epoch);
  }
  chmodSync(folder, 0o755);
  utimesSync(folder, epoch, epoch);
}
