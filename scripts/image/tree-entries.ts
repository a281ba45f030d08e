/** The files of unpacked Debian packages, without what nobody reads in an image. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { directory, type Entry, file, symlink } from './entry.ts';

/** The licences, /usr/share/doc/<package>/copyright, stay. */
const unread = [
  /^usr\/share\/(?:man|info|locale|lintian|bash-completion|perl5|debconf)(?:\/|$)/,
  /^usr\/share\/doc\/[^/]+\/(?!copyright$)/,
  // Character sets of the last century, and a downloader of package managers.
  /^usr\/lib\/[^/]+\/gconv(?:\/|$)/,
  /^usr\/share\/nodejs\/(?:corepack|@types)(?:\/|$)/,
  // For programs that are not there: an init system, apt, dpkg. What is installed is in dpkg's file `status`.
  /^(?:etc\/init\.d|usr\/lib\/systemd|etc\/apt|var\/lib\/dpkg\/(?!status$))(?:\/|$)/,
];

/** `tree`: where they were unpacked. */
export function treeEntries(tree: string): Entry[] {
  return walk(tree, '').filter(({ path }) => !unread.some((pattern) => pattern.test(path)));
}

function walk(tree: string, below: string): Entry[] {
  return readdirSync(join(tree, below)).flatMap((name) => {
    const path = join(below, name);
    const at = join(tree, path);
    const stat = lstatSync(at);
    // Everybody in the image is root, so no program of it has to give more rights than its caller has.
    const mode = stat.mode & 0o1777;
    if (stat.isSymbolicLink()) return [symlink(path, readlinkSync(at))];
    return stat.isDirectory() ? [directory(path, mode), ...walk(tree, path)] : [file(path, readFileSync(at), mode)];
  });
}
