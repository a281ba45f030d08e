/**
 * The URL -> the request target. Pure. There is one server, the socket's: any host but localhost is refused, for it
 * would not be asked. A path is sent as it is; nothing in it is decoded, squashed or resolved.
 */
export type TargetResult = { readonly kind: 'target'; readonly path: string } | { readonly kind: 'wrong'; readonly message: string };

export function parseTarget(url: string): TargetResult {
  const path = pathOf(url);
  if (path === undefined) return wrong(`'${url}': only http://localhost/... and a path alone can be asked for over --unix-socket`);
  const [sent = ''] = path.split('#', 1);
  if (!/^[\u0021-\u007e]*$/.test(sent)) return wrong(`'${url}' holds a blank, a control character or one outside ASCII: percent-encode it`);
  return { kind: 'target', path: sent.startsWith('/') ? sent : `/${sent}` };
}

const wrong = (message: string): TargetResult => ({ kind: 'wrong', message });

/** Undefined: it names a server or a protocol that is not ours. */
function pathOf(url: string): string | undefined {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)(.*)$/s.exec(url);
  if (scheme !== null) return scheme[1]?.toLowerCase() === 'http' && isOurs(scheme[2] ?? '') ? scheme[3] : undefined;
  const bare = /^localhost(?::\d{1,5})?([/?#].*)?$/is.exec(url);
  return bare === null ? url : (bare[1] ?? '/');
}

/** `http:///path` has no host at all, and is understood too. */
const isOurs = (host: string): boolean => /^(?:localhost(?::\d{0,5})?)?$/i.test(host);
