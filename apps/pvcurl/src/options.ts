/**
 * pvcurl's command line: the old pvcurl's options, and curl's spellings of them. Pure but for what it is told about.
 * As with the old one, a body does not change the method (curl would make it POST), so scripts keep their meaning.
 */
export interface Options {
  socket: string | undefined;
  method: string;
  headers: string[];
  /** The body: text, or a file (`-` is stdin). The last one given counts, but a file to upload wins. */
  data: { readonly kind: 'text'; readonly text: string } | { readonly kind: 'file'; readonly path: string } | undefined;
  upload: string | undefined;
  silent: boolean;
  verbose: boolean;
  include: boolean;
  output: string | undefined;
  writeOut: string | undefined;
  /** Seconds. */
  connectTimeout: number;
  /** Seconds; 0: none. */
  maxTime: number;
  url: string | undefined;
}

export type Parsed = { readonly kind: 'run'; readonly options: Options } | { readonly kind: 'help' | 'version' } | { readonly kind: 'wrong'; readonly message: string };

type Apply = (options: Options, value: string) => void;
interface Option {
  readonly takesValue: boolean;
  readonly apply: Apply;
}

const flag = (apply: (options: Options) => void): Option => ({ takesValue: false, apply });
const value = (apply: Apply): Option => ({ takesValue: true, apply });
const setData = value((options, text) => void (options.data = text.startsWith('@') ? { kind: 'file', path: text.slice(1) } : { kind: 'text', text }));
const setMethod = value((options, method) => void (options.method = method));
const addHeader = value((options, header) => void options.headers.push(header));
const setUpload = value((options, path) => void (options.upload = path));
const setOutput = value((options, path) => void (options.output = path));
const setWriteOut = value((options, format) => void (options.writeOut = format));

const table: Readonly<Record<string, Option>> = {
  '--unix-socket': value((options, path) => void (options.socket = path)),
  '-X': setMethod, '--request': setMethod,
  '-H': addHeader, '--header': addHeader,
  '-d': setData, '--data': setData, '--data-binary': setData, '--data-raw': value((options, text) => void (options.data = { kind: 'text', text })),
  '-T': setUpload, '--upload-file': setUpload,
  '-s': flag((options) => void (options.silent = true)), '--silent': flag((options) => void (options.silent = true)),
  '-v': flag((options) => void (options.verbose = true)), '--verbose': flag((options) => void (options.verbose = true)),
  '-i': flag((options) => void (options.include = true)), '--include': flag((options) => void (options.include = true)),
  '-o': setOutput, '--output': setOutput,
  '-w': setWriteOut, '--write-out': setWriteOut,
  '--connect-timeout': value((options, text) => void (options.connectTimeout = seconds('--connect-timeout', text))),
  '-m': value((options, text) => void (options.maxTime = seconds('--max-time', text))),
  '--max-time': value((options, text) => void (options.maxTime = seconds('--max-time', text))),
  '--no-progress-meter': flag(() => undefined),
};

class UsageError extends Error {}

export function parseOptions(argv: readonly string[]): Parsed {
  if (argv.length === 0) return { kind: 'help' };
  const options: Options = {
    socket: undefined, method: 'GET', headers: [], data: undefined, upload: undefined, silent: false, verbose: false, include: false,
    output: undefined, writeOut: undefined, connectTimeout: 5, maxTime: 0, url: undefined,
  };
  const words = argv.flatMap(split);
  try {
    for (let word = words.shift(); word !== undefined; word = words.shift()) {
      if (word === '-h' || word === '--help') return { kind: 'help' };
      if (word === '--version') return { kind: 'version' };
      if (word.startsWith('-') && word !== '-') take(word, words, options);
      else options.url ??= word;
    }
  } catch (error) {
    if (error instanceof UsageError) return { kind: 'wrong', message: error.message };
    throw error;
  }
  if (options.socket === undefined) return { kind: 'wrong', message: 'Error: --unix-socket is required.' };
  return { kind: 'run', options };
}

function take(word: string, words: string[], options: Options): void {
  const option = table[word];
  if (option === undefined) throw new UsageError(`Error: Unrecognized option '${word}'`);
  const given = option.takesValue ? words.shift() : '';
  if (given === undefined) throw new UsageError(`Error: Option '${word}' needs a value`);
  option.apply(options, given);
}

/** `--name=value` and `-XPUT` in two words, `-sv` in two flags; a value is never split, see `take`. */
function split(word: string, index: number, all: readonly string[]): string[] {
  const before = all[index - 1];
  if (before !== undefined && table[before]?.takesValue === true) return [word];
  const long = /^(--[a-z-]+)=(.*)$/s.exec(word);
  if (long?.[1] !== undefined && table[long[1]] !== undefined) return [long[1], long[2] ?? ''];
  if (!/^-[A-Za-z]./s.test(word)) return [word];
  const first = word.slice(0, 2);
  const rest = word.slice(2);
  if (table[first] === undefined) return [word];
  return table[first].takesValue ? [first, rest] : [first, ...split(`-${rest}`, 0, [])];
}

function seconds(name: string, text: string): number {
  if (!/^\d{1,6}(?:\.\d+)?$/.test(text)) throw new UsageError(`Error: ${name} needs a number of seconds, not '${text}'`);
  return Number(text);
}

export type Target = { readonly kind: 'path'; readonly path: string } | { readonly kind: 'wrong'; readonly message: string };

/** The request target of a URL; `http://localhost/...` or a path alone. */
export function targetOf(url: string | undefined): Target {
  const text = url ?? '/';
  const [, host, path = ''] = /^https?:\/\/([^/]*)(.*)$/s.exec(text) ?? [];
  if (text.startsWith('https://')) return { kind: 'wrong', message: `Error: ${text}: a unix socket speaks http, not https` };
  if (host !== undefined && !/^(?:localhost(?::\d+)?)?$/i.test(host)) return { kind: 'wrong', message: `Error: ${text}: the host must be localhost, for --unix-socket says where to` };
  const target = host === undefined ? text.replace(/^localhost(?=\/|$)/, '') : path;
  const absolute = target.startsWith('/') ? target : `/${target}`;
  if (/[^\x21-\x7e]/.test(absolute)) return { kind: 'wrong', message: `Error: ${text}: write characters other than ASCII, and blanks, as %XX` };
  return { kind: 'path', path: absolute };
}
