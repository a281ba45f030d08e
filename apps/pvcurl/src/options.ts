/**
 * argv -> what to do. Pure. The options are a table; spellings are curl's (`-XPUT`, `-sio FILE`, `--request`), meanings
 * are those of Pantavisor's own tool (spec control-api 4): a body does not change the method, and the last body wins.
 */
import { parseTarget } from './target.ts';

/** `-` is standard input. `text`: line ends are removed, as curl's -d does. */
export type BodySource =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string; readonly as: 'bytes' | 'text' };

export interface Options {
  readonly socketPath: string;
  readonly path: string;
  readonly method: string;
  /** As given, checked by headers.ts. */
  readonly headers: readonly string[];
  readonly body: BodySource | undefined;
  readonly silent: boolean;
  readonly verbose: boolean;
  readonly include: boolean;
  /** A status of 400 or more is a failure, and its body is not written. */
  readonly fail: boolean;
  readonly output: string | undefined;
  readonly writeOut: string | undefined;
  /** Milliseconds. */
  readonly connectTimeoutMs: number;
  /** Milliseconds; undefined: no limit. */
  readonly maxTimeMs: number | undefined;
}

export type CommandLine =
  | { readonly kind: 'transfer'; readonly options: Options; readonly warnings: readonly string[] }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'wrong'; readonly message: string };

/** The options while they are being read. */
interface Draft {
  socketPath?: string;
  method?: string;
  headers: string[];
  data?: BodySource;
  upload?: BodySource;
  output?: string;
  writeOut?: string;
  connectTimeoutMs?: number;
  maxTimeMs?: number;
  flags: Set<string>;
  operands: string[];
}

export interface OptionRow {
  readonly names: readonly string[];
  /** What the value is called in the help; undefined: a flag. */
  readonly value?: string;
  readonly help: string;
  /** Undefined, or what is wrong with the value. */
  take(draft: Draft, value: string): string | undefined;
}

const defaultConnectTimeoutMs = 5_000;
/** Bytes of a socket's address, but for its final NUL (unix(7)). */
const maxSocketPath = 107;
const flag = (names: readonly string[], help: string): OptionRow => ({ names, help, take: ({ flags }) => void flags.add(names[0] ?? '') });
const assign = (names: readonly string[], value: string, help: string, put: (draft: Draft, value: string) => void): OptionRow => ({
  names, value, help, take: (draft, text) => void put(draft, text),
});
const seconds = (names: readonly string[], help: string, put: (draft: Draft, ms: number) => void): OptionRow => ({
  names, value: 'SECONDS', help,
  take: (draft, text) => {
    if (!/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) return `'${text}' is not a number of seconds`;
    // As with curl, 0 is no limit of one's own.
    if (Number(text) > 0) put(draft, Math.min(Number(text) * 1000, 2_147_483_647));
    return undefined;
  },
});
const atFile = (text: string, as: 'bytes' | 'text'): BodySource => (text.startsWith('@') ? { kind: 'file', path: text.slice(1), as } : { kind: 'text', text });

export const optionRows: readonly OptionRow[] = [
  assign(['--unix-socket'], 'PATH', 'the socket to connect to (mandatory)', (draft, value) => (draft.socketPath = value)),
  {
    names: ['-X', '--request'], value: 'METHOD', help: 'the method, GET if not given',
    take: (draft, value) => {
      if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(value) || value.toUpperCase() === 'CONNECT') return `'${value}' is not a method that can be used here`;
      draft.method = value;
      return undefined;
    },
  },
  assign(['-H', '--header'], 'TEXT', "a header field, 'Name: value'; may be given again. 'Name:' takes a default one away", (draft, value) => draft.headers.push(value)),
  assign(['-d', '--data'], 'TEXT', 'the body; @FILE: from a file, without its line ends; @-: from standard input', (draft, value) => (draft.data = atFile(value, 'text'))),
  assign(['--data-binary'], 'TEXT', 'the body; @FILE: from a file, byte for byte', (draft, value) => (draft.data = atFile(value, 'bytes'))),
  assign(['--data-raw'], 'TEXT', 'the body, also when it begins with @', (draft, value) => (draft.data = { kind: 'text', text: value })),
  assign(['-T', '--upload-file'], 'FILE', 'the body, byte for byte from a file; -: from standard input, as it comes', (draft, value) => (draft.upload = { kind: 'file', path: value, as: 'bytes' })),
  assign(['-o', '--output'], 'FILE', 'write the body to a file', (draft, value) => (draft.output = value)),
  assign(['-w', '--write-out'], 'FORMAT', 'after the body, print this: %{http_code}, %{size_download}, \\n, \\t', (draft, value) => (draft.writeOut = value)),
  flag(['-i', '--include'], 'print the head of the answer too'),
  flag(['-f', '--fail'], 'print no body and exit with 22 when the status is 400 or more'),
  flag(['-s', '--silent'], 'print no error messages'),
  flag(['-S', '--show-error'], 'print them in spite of -s'),
  flag(['-v', '--verbose'], 'show on standard error what is done'),
  seconds(['--connect-timeout'], 'time to connect, 5 if not given', (draft, ms) => (draft.connectTimeoutMs = ms)),
  seconds(['-m', '--max-time'], 'time for everything, not limited if not given', (draft, ms) => (draft.maxTimeMs = ms)),
  flag(['--no-progress-meter'], 'accepted; there is none'),
  flag(['-h', '--help'], 'show this help'),
  flag(['-V', '--version'], 'show the version'),
];

export function parseCommandLine(argv: readonly string[]): CommandLine {
  if (argv.length === 0) return { kind: 'help' };
  const draft: Draft = { headers: [], flags: new Set(), operands: [] };
  const problem = read([...argv], draft);
  if (problem !== undefined) return { kind: 'wrong', message: problem };
  if (draft.flags.has('-h')) return { kind: 'help' };
  if (draft.flags.has('-V')) return { kind: 'version' };
  return complete(draft);
}

/** Undefined, or what is wrong. */
function read(words: string[], draft: Draft): string | undefined {
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') {
      draft.operands.push(...words.splice(0));
    } else if (!word.startsWith('-') || word === '-') {
      draft.operands.push(word);
    } else {
      const problem = word.startsWith('--') ? readLong(word, words, draft) : readShort(word, words, draft);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

function readLong(word: string, words: string[], draft: Draft): string | undefined {
  // Not curl's, but what many tools take.
  const [, name = word, glued] = /^(--[a-z-]+)=(.*)$/s.exec(word) ?? [];
  const row = find(name);
  if (row === undefined || (row.value === undefined && glued !== undefined)) return unrecognized(word);
  return take(row, name, row.value === undefined ? '' : (glued ?? words.shift()), draft);
}

/** `-sXPUT`: flags, and at the end perhaps an option with its value. */
function readShort(word: string, words: string[], draft: Draft): string | undefined {
  for (let at = 1; at < word.length; at++) {
    const name = `-${word.charAt(at)}`;
    const row = find(name);
    if (row === undefined) return unrecognized(word);
    const glued = word.slice(at + 1);
    const problem = take(row, name, row.value === undefined ? '' : glued !== '' ? glued : words.shift(), draft);
    if (problem !== undefined || row.value !== undefined) return problem;
  }
  return undefined;
}

const find = (name: string): OptionRow | undefined => optionRows.find(({ names }) => names.includes(name));
const unrecognized = (word: string): string => `Unrecognized option '${word}'`;

function take(row: OptionRow, name: string, value: string | undefined, draft: Draft): string | undefined {
  if (value === undefined) return `${name} needs a value: ${row.value ?? ''}`;
  const problem = row.take(draft, value);
  return problem === undefined ? undefined : `${name}: ${problem}`;
}

function complete(draft: Draft): CommandLine {
  const { socketPath, flags, operands: [url, ...surplus] } = draft;
  if (socketPath === undefined || socketPath === '') return { kind: 'wrong', message: '--unix-socket is required.' };
  // Node would cut it off there, and connect to whoever has the shorter name.
  if (Buffer.byteLength(socketPath) > maxSocketPath) return { kind: 'wrong', message: `--unix-socket: the path is longer than ${maxSocketPath} bytes: change to its directory and give a relative one` };
  const target = parseTarget(url ?? '/');
  if (target.kind === 'wrong') return target;
  const options: Options = {
    socketPath, path: target.path, method: draft.method ?? 'GET', headers: draft.headers, body: draft.upload ?? draft.data,
    silent: flags.has('-s') && !flags.has('-S'), verbose: flags.has('-v'), include: flags.has('-i'), fail: flags.has('-f'),
    output: draft.output === '-' ? undefined : draft.output, writeOut: draft.writeOut,
    connectTimeoutMs: draft.connectTimeoutMs ?? defaultConnectTimeoutMs, maxTimeMs: draft.maxTimeMs,
  };
  return { kind: 'transfer', options, warnings: surplus.map((word) => `'${word}' is ignored: one request per call`) };
}
