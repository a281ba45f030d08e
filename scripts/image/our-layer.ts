/** Our part of the image: our Debian packages, the accounts that they need, and the directories that users mount. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeDebianPackages } from '../release/debian/packages.ts';
import { directory, type Entry, file } from './entry.ts';
import { treeEntries } from './tree-entries.ts';

export const storage = 'var/pantavisor/storage';
export const exportsDir = 'usr/lib/pantavisor/pvtx.d';

/** `architecture`: Debian's name of it. `base`: the tree of Debian's part, whose lists ours are added to. */
export async function ourLayer(architecture: string, base: string): Promise<Entry[]> {
  const work = mkdtempSync(join(tmpdir(), 'pv-image-'));
  try {
    const unpacked = join(work, 'root');
    mkdirSync(unpacked);
    const packages = (await writeDebianPackages(work, 0)).filter((name) => name.endsWith('_all.deb') || name.endsWith(`_${architecture}.deb`)).map((name) => join(work, name));
    for (const path of packages) execFileSync('dpkg-deb', ['-x', path, unpacked]);
    const files = treeEntries(unpacked);
    return [...files, directory('var/pantavisor'), directory(storage), directory(exportsDir), ...accounts(files, base), status(packages, base)];
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** /etc/passwd and /etc/group as base-passwd's script makes them from its lists, with what systemd-sysusers would add. Nobody has a password. */
function accounts(files: readonly Entry[], base: string): Entry[] {
  const own = files.flatMap((entry) => (entry.type === 'file' && entry.path.startsWith('usr/lib/sysusers.d/') ? sysusers(entry.bytes.toString()) : []));
  const list = (name: string): string => readFileSync(join(base, 'usr/share/base-passwd', `${name}.master`), 'utf8');
  const users = own.map(({ name, id, about }) => `${name}:*:${id}:${id}:${about}:/:/usr/sbin/nologin\n`);
  const groups = own.map(({ name, id }) => `${name}:*:${id}:\n`);
  return [file('etc/passwd', list('passwd').replace('/bin/bash', '/bin/sh') + users.join('')), file('etc/group', list('group') + groups.join(''))];
}

/** The lines `u <name> <id> "<about>" /` of a file of sysusers.d. */
function sysusers(text: string): { name: string; id: string; about: string }[] {
  return [...text.matchAll(/^u (\S+) (\d+) "([^"]*)" \/$/gm)].map(([, name = '', id = '', about = '']) => ({ name, id, about }));
}

/** What dpkg would say is installed: scanners of images read it. */
function status(packages: readonly string[], base: string): Entry {
  const own = packages.map((path) => `${execFileSync('dpkg-deb', ['--field', path], { encoding: 'utf8' }).trim()}\nStatus: install ok installed\n`);
  return file('var/lib/dpkg/status', [readFileSync(join(base, 'var/lib/dpkg/status'), 'utf8'), ...own].join('\n'));
}
