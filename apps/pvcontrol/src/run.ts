/** Runs one command: calls, prints, gives the exit code. Bodies go to stdout unchanged unless a person looks at them. */
import { writeFileSync } from 'node:fs';
import { createClient, type Answer, type Result } from '@pv/client/client';
import { errorCatalogue, type ErrorEntry } from '@pv/contract/errors';
import type { RouteName } from '@pv/contract/routes';
import { printable } from '@pv/runtime/log';
import type { Invocation } from './command-line.ts';
import { renderTable } from './format/table.ts';

export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Is stdout, is stderr read by a person? */
  readonly outTty: boolean;
  readonly errTty: boolean;
  readonly colour: boolean;
}

export async function run(invocation: Invocation, socketPath: string, terminal: Terminal): Promise<number> {
  const { verb, operands, verbose } = invocation;
  const client = createClient({ socketPath, ...(verbose ? { trace: (line) => terminal.err(`${line}\n`) } : {}) });
  const result = await client.call(verb.row, verb.call(operands));
  switch (result.kind) {
    case 'ok': return succeed(invocation, result, terminal);
    case 'refused': return refuse(result, terminal);
    case 'unreachable':
      terminal.err(`ERROR: got no response: ${printable(result.reason)}\n`);
      return 1;
  }
}

type Ok = Extract<Result<Answer<RouteName>>, { kind: 'ok' }>;
type Refused = Extract<Result<never>, { kind: 'refused' }>;

function succeed({ verb, file, json }: Invocation, { value, text }: Ok, terminal: Terminal): number {
  if (file !== undefined) return save(file, `${text}\n`, terminal);
  if (json || !terminal.outTty) terminal.out(`${text}\n`);
  else terminal.out(forPerson(verb, value, terminal.colour));
  return 0;
}

function forPerson(verb: Invocation['verb'], value: Answer<RouteName>, colour: boolean): string {
  if (verb.table === undefined) return `${verb.accepted ?? 'done'}\n`;
  const shown = verb.table(value);
  return typeof shown === 'string' ? shown : renderTable(shown, colour);
}

function save(file: string, text: string, terminal: Terminal): number {
  try {
    writeFileSync(file, text);
    return 0;
  } catch (error) {
    terminal.err(`ERROR: -f ${file}: ${(error as Error).message}\n`);
    return 1;
  }
}

function refuse({ status, error, code, hint, text }: Refused, terminal: Terminal): number {
  terminal.err(terminal.errTty ? `ERROR: ${printable(error)}${hint === undefined ? '' : `\n${printable(hint)}`}\n` : `${text}\n`);
  const known = code === undefined || !Object.hasOwn(errorCatalogue, code) ? undefined : (errorCatalogue as Readonly<Record<string, ErrorEntry>>)[code];
  return known?.exit ?? (status === 503 ? 75 : 255);
}
