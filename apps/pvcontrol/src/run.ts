/** Runs one command: calls, prints, gives the exit code. Bodies go to stdout unchanged unless a person looks at them. */
import { writeFileSync } from 'node:fs';
import { createClient } from '@pv/client/client';
import type { Refused, Unreachable } from '@pv/client/types';
import { errorCatalogue, type ErrorEntry } from '@pv/contract/errors';
import { printable } from '@pv/runtime/log';
import type { Invocation } from './command-line.ts';
import { renderTable } from './format/table.ts';
import { visible } from './format/text.ts';
import type { Done } from './verb.ts';

export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Is stdout, is stderr read by a person? */
  readonly outTty: boolean;
  readonly errTty: boolean;
  readonly colour: boolean;
  /** How many characters a line of stdout has; undefined: any number. */
  readonly columns: number | undefined;
}

export async function run({ verb, operands, flag, verbose, file, json }: Invocation, socketPath: string, terminal: Terminal): Promise<number> {
  const client = createClient({ socketPath, ...(verbose ? { trace: (line) => terminal.err(`${printable(line)}\n`) } : {}) });
  const asJson = json || !terminal.outTty;
  const result = await verb.perform({
    client, operands, flag,
    report: ({ value, line }) => terminal.out(asJson ? `${JSON.stringify(value)}\n` : `${visible(line)}\n`),
    warn: (line) => terminal.err(`${visible(line)}\n`),
  }).catch(
    // Another server than ours, as below.
    (error: Error): Unreachable => ({ kind: 'unreachable', code: 'BROKEN', reason: `${socketPath}: the answer is not one of pv-ctrl's: ${error.message}` }),
  );
  switch (result.kind) {
    case 'ok': {
      const wanted = result.plain === true && !json ? forPerson(result, terminal) : `${result.text}\n`;
      if (file !== undefined) return save(file, wanted, terminal) ?? result.exit ?? 0;
      terminal.out(asJson ? wanted : forPerson(result, terminal));
      return result.exit ?? 0;
    }
    case 'refused': return refuse(result, terminal);
    case 'unreachable': return noAnswer(result, terminal);
  }
}

function forPerson({ value: show, text }: Done, { colour, columns }: Terminal): string {
  try {
    const shown = show({ colour, columns });
    return typeof shown === 'string' ? lines(shown) : renderTable(shown, { colour, columns });
  } catch {
    // Another server than ours, whose answer has another shape: what it said is more than nothing.
    return lines(text);
  }
}

const lines = (text: string): string => text.replace(/\n$/, '').split('\n').map((line) => `${printable(line)}\n`).join('');

/** The exit code when it could not be written. */
function save(file: string, text: string, terminal: Terminal): number | undefined {
  try {
    writeFileSync(file, text);
    return undefined;
  } catch (error) {
    terminal.err(`ERROR: -f ${printable(file)}: ${printable((error as Error).message)}\n`);
    return 1;
  }
}

function refuse({ status, error, code, hint, text }: Refused, { err, errTty }: Terminal): number {
  if (errTty || text === '') err(`ERROR: ${printable(error)}\n${hint === undefined ? '' : `${printable(hint)}\n`}`);
  else err(`${text}\n`);
  const known = code === undefined || !Object.hasOwn(errorCatalogue, code) ? undefined : (errorCatalogue as Readonly<Record<string, ErrorEntry>>)[code];
  return known?.exit ?? (status === 503 ? 75 : 255);
}

const nextSteps: Readonly<Record<string, string>> = {
  EACCES: 'Only root may use this socket: use sudo.',
  ENOENT: 'Is pv-appengine running? Start it, or name the socket with -s PATH.',
  ENAMETOOLONG: 'Change to the directory of the socket and give a relative path: -s ./NAME.',
  ECONNREFUSED: 'Is pv-appengine running? Start it, or name the socket with -s PATH.',
};

function noAnswer({ code, reason }: Unreachable, { err }: Terminal): number {
  err(`ERROR: got no response: ${printable(reason)}\n${nextSteps[code] ?? 'Try again; pantavisor.log in the log directory says more.'}\n`);
  return 1;
}
