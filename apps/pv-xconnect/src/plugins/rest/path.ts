/** A request's path in the one form that rules are compared with, and that goes on to the provider (RFC 3986 6.2.2). */

/** `/` and `\` in disguise, control characters, and a `%` that a second decoding would turn into one of them or a dot. */
const disguised = /\\|%(?:2f|5c|7f|[01][0-9a-f]|25(?:2[ef]|5c|7f|[01][0-9a-f]))/i;
const badEscape = /%(?![0-9a-f]{2})/i;
/** A dot segment with parameters, which some servers drop before they resolve it. */
const dotWithParameters = /^\.{1,2};/;

/** `target`: path and query. Unreserved characters decoded, other escapes in upper case, empty and dot segments resolved; undefined when two servers might read it differently. */
export function normalTarget(target: string): string | undefined {
  const end = target.indexOf('?');
  const path = normalPath(end < 0 ? target : target.slice(0, end));
  return path === undefined || end < 0 ? path : `${path}${target.slice(end)}`;
}

export function normalPath(path: string): string | undefined {
  if (disguised.test(path) || badEscape.test(path)) return undefined;
  const decoded = path.replace(/%([0-9a-f]{2})/gi, (escape, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : escape.toUpperCase();
  });
  const segments = decoded.split('/').slice(1);
  if (segments.some((segment) => dotWithParameters.test(segment))) return undefined;
  return resolved(segments);
}

function resolved(segments: readonly string[]): string {
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '.' && segment !== '') kept.push(segment);
  }
  const isDirectory = ['', '.', '..'].includes(segments.at(-1) ?? '');
  return `/${kept.join('/')}${isDirectory && kept.length > 0 ? '/' : ''}`;
}
