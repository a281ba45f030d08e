/** pventer's command line. Pure. Everything after the first word that is no option is the command, word by word. */

export interface Options {
  readonly container: string;
  readonly uid: string;
  readonly command: readonly string[];
}

export type Parsed = { readonly kind: 'run'; readonly options: Options } | { readonly kind: 'help' | 'version' } | { readonly kind: 'wrong'; readonly message: string };

/** The grammar of packages/contract/src/names.ts, without loading its schemas. */
const containerName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

export function parseOptions(argv: readonly string[]): Parsed {
  const words = [...argv];
  const found: { container?: string; uid?: string } = {};
  for (let word = words[0]; word?.startsWith('-') === true; word = words[0]) {
    words.shift();
    if (word === '--') break;
    const [name = '', glued] = /^(--\w+)=(.*)$/s.exec(word)?.slice(1) ?? [word];
    if (name === '-h' || name === '--help') return { kind: 'help' };
    if (name === '--version') return { kind: 'version' };
    const key = ({ '-c': 'container', '--container': 'container', '-u': 'uid', '--user': 'uid' } as const)[name];
    if (key === undefined) return { kind: 'wrong', message: `unknown option '${word}'` };
    const value = glued ?? words.shift();
    if (value === undefined) return { kind: 'wrong', message: `option '${name}' needs a value` };
    found[key] = value;
  }
  if (found.container === undefined) return { kind: 'wrong', message: '-c NAME is missing: name the container' };
  if (!containerName.test(found.container)) return { kind: 'wrong', message: `'${found.container}' is not a container name` };
  const uid = found.uid ?? '0';
  if (!/^\d{1,9}$/.test(uid)) return { kind: 'wrong', message: `-u '${uid}' is not a numeric user id` };
  return { kind: 'run', options: { container: found.container, uid, command: words } };
}
