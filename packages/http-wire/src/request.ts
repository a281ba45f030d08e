/** A request's head (RFC 9112 2 and 3): the request line, its fields, and whose authority it names. */
import { charClass, isAll } from './chars.ts';
import { HttpWireError } from './errors.ts';
import { type Field, parseFields, valuesOf } from './fields.ts';
import { readVersion, type Version } from './version.ts';

export interface RequestHead {
  readonly method: string;
  /** Path and query (origin-form), `*` for OPTIONS, host and port for CONNECT. An absolute-form has become an origin-form. */
  readonly target: string;
  readonly version: Version;
  /** Undefined: a request of HTTP/1.0 without one. */
  readonly host: string | undefined;
  readonly fields: readonly Field[];
}

interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly version: Version;
}

/** `text`: lines with their CRLFs. Throws HttpWireError. */
export function parseRequestHead(text: string): RequestHead {
  const end = text.indexOf('\r\n');
  const line = parseRequestLine(text.slice(0, end));
  const { method, version } = line;
  const fields = parseFields(text, end + 2);
  const host = readHost(version, fields);
  return { method, target: checkTarget(line, host), version, host, fields };
}

export function parseRequestLine(line: string): RequestLine {
  const [method = '', target = '', version, more] = line.split(' ', 4);
  if (!isAll(method, charClass.token)) throw new HttpWireError('a method that is not a token');
  if (!isAll(target, charClass.target)) throw new HttpWireError('a request target that is empty or holds other than visible ASCII characters');
  if (version === undefined) throw new HttpWireError('a request line without a version (HTTP/0.9)');
  if (more !== undefined) throw new HttpWireError('a request line of more than three words');
  return { method, target, version: readVersion(version) };
}

function readHost(version: Version, fields: readonly Field[]): string | undefined {
  const [host, more] = valuesOf(fields, 'host');
  if (more !== undefined) throw new HttpWireError('more than one Host');
  if (host === undefined && version === '1.1') throw new HttpWireError('a request of HTTP/1.1 without Host');
  if (host !== undefined && host !== '' && !isAll(host, charClass.host)) throw new HttpWireError('a Host that is not a host with its port');
  return host;
}

function checkTarget({ method, target }: RequestLine, host: string | undefined): string {
  if (method === 'CONNECT') return checkAuthority(target, target, host);
  if (target.startsWith('/')) return target;
  if (target === '*' && method === 'OPTIONS') return target;
  const scheme = /^https?:\/\//i.exec(target)?.[0];
  if (scheme === undefined) throw new HttpWireError('a request target that is no path');
  const end = scheme.length + target.slice(scheme.length).search(/[/?]|$/);
  const rest = target.slice(end);
  if (rest === '' && method === 'OPTIONS') return checkAuthority(target.slice(scheme.length), '*', host);
  return checkAuthority(target.slice(scheme.length, end), rest.startsWith('/') ? rest : `/${rest}`, host);
}

/** Two names of the server would let two readers choose differently. */
function checkAuthority(authority: string, target: string, host: string | undefined): string {
  if (!isAll(authority, charClass.host)) throw new HttpWireError('a request target whose authority is not a host with its port');
  if (host !== undefined && host.toLowerCase() !== authority.toLowerCase()) throw new HttpWireError('a request target whose authority differs from Host');
  return target;
}
