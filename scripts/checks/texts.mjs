// What no file of the project may say: where somebody's checkout lies, and which host a package registry has.
// Both differ from machine to machine; the first also tells who worked on it.
import { root } from '../setup/workspace.mjs';
import { readTracked, trackedFiles } from './tracked-files.mjs';

/** Problems, each with file and line. */
export function checkTexts() {
  return trackedFiles().flatMap((path) => problemsOf(path, readTracked(path), root));
}

export function problemsOf(path, text, checkout) {
  return text.split('\n').flatMap((line, index) => rules(checkout).filter(({ found }) => found.test(line)).map(({ what }) => `${path}:${index + 1}: ${what}`));
}

function rules(checkout) {
  const own = checkout.split('/').length > 2 ? [{ found: new RegExp(`${escape(checkout)}(?![\\w-])`), what: 'names the place of this checkout' }] : [];
  return [
    ...own,
    { found: /\/(?:home|Users)\/[a-z][\w.-]*\//, what: "names somebody's home directory" },
    { found: /\b(?:registry|deb|ftp|security|snapshot|archive)\.[a-z0-9-]+\.(?:org|com|net|io)\b/, what: "names a package registry's host" },
  ];
}

function escape(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
