/** argv -> which command with which options. Pure; a wrong command line is a value that says what is right. */
import { parseArgs } from 'node:util';
import { usageProblem } from '@pv/runtime/command-line';
import { commands } from './commands.ts';
import { commandHelp, nounHelp, overview } from './help.ts';
import type { Command, Flag } from './verb.ts';

export interface Invocation {
  readonly verb: Command;
  readonly operands: readonly string[];
  readonly flag: Flag | undefined;
  readonly socket: string | undefined;
  /** Where the body goes instead of stdout. */
  readonly file: string | undefined;
  readonly json: boolean;
  readonly verbose: boolean;
}

export type CommandLine =
  | { readonly kind: 'run'; readonly invocation: Invocation }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' }
  | { readonly kind: 'wrong'; readonly message: string; readonly text: string };

const options = {
  help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' }, verbose: { type: 'boolean', short: 'v' }, json: { type: 'boolean' },
  socket: { type: 'string', short: 's' }, file: { type: 'string', short: 'f' },
  mermaid: { type: 'boolean' }, dot: { type: 'boolean' },
  // For `steps`, which this version has not; accepted so that scripts can pass it always.
  message: { type: 'string', short: 'm' },
} as const;

export function parseCommandLine(argv: readonly string[]): CommandLine {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    if (values.version === true) return { kind: 'version' };
    const found = find(positionals);
    if (values.help === true) return { kind: 'help', text: helpFor(positionals, found?.verb) };
    if (found === undefined) return { kind: 'wrong', message: unknown(positionals), text: helpFor(positionals, undefined) };
    const { verb, operands } = found;
    const flags = (['mermaid', 'dot'] as const).filter((name) => values[name] === true);
    const problem = operandProblem(verb, operands) ?? optionProblem(verb, flags, values);
    if (problem !== undefined) return { kind: 'wrong', message: problem, text: commandHelp(verb) };
    return { kind: 'run', invocation: { verb, operands, flag: flags[0], socket: values.socket, file: values.file, json: values.json === true, verbose: values.verbose === true } };
  } catch (error) {
    return { kind: 'wrong', message: usageProblem(error), text: overview() };
  }
}

function find([first = '', ...more]: readonly string[]): { verb: Command; operands: readonly string[] } | undefined {
  const [second = '', ...rest] = more;
  for (const verb of commands) {
    if (verb.nouns.length === 0 && verb.verbs.includes(first)) return { verb, operands: more };
    if (verb.nouns.includes(first) && verb.verbs.includes(second)) return { verb, operands: rest };
  }
  return undefined;
}

function operandProblem({ operands: wanted }: Command, given: readonly string[]): string | undefined {
  const empty = given.indexOf('');
  const missing = wanted[empty < 0 ? given.length : empty];
  if (missing !== undefined) return `${missing} is missing`;
  return given.length > wanted.length ? `'${given[wanted.length] ?? ''}' is too much` : undefined;
}

interface Paths {
  readonly socket?: string | undefined;
  readonly file?: string | undefined;
}

function optionProblem({ flags = {}, endless }: Command, [flag, surplus]: readonly Flag[], { socket, file }: Paths): string | undefined {
  if (flag !== undefined && flags[flag] === undefined) return `--${flag} has no meaning for this command`;
  if (flag !== undefined && surplus !== undefined) return `--${flag} and --${surplus} exclude each other`;
  if (socket === '' || file === '') return `${socket === '' ? '-s' : '-f'} needs a PATH`;
  return endless === true && file !== undefined ? '-f has no meaning for a command that goes on: redirect its output' : undefined;
}

function unknown([first, second]: readonly string[]): string {
  if (first === undefined) return 'a command is missing';
  if (!commands.some(({ nouns }) => nouns.includes(first))) return `'${first}' is not a command`;
  return second === undefined ? `'${first}' needs a verb` : `'${first} ${second}' is not a command`;
}

function helpFor([noun = '']: readonly string[], verb: Command | undefined): string {
  if (verb !== undefined) return commandHelp(verb);
  return commands.some(({ nouns }) => nouns.includes(noun)) ? nounHelp(noun) : overview();
}
