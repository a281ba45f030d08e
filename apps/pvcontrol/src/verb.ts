/** What a command of pvcontrol is: words, operands, one call of the contract, and how its answer looks as a table. */
import type { Answer, CallOptions } from '@pv/client/client';
import type { RouteName } from '@pv/contract/routes';
import type { Table } from './format/table.ts';

export interface Verb<N extends RouteName = RouteName> {
  /** Accepted spellings of the command, such as `containers` and `container`; empty for a command that is a verb itself. */
  readonly nouns: readonly string[];
  readonly verbs: readonly string[];
  /** Names of mandatory operands. */
  readonly operands: readonly string[];
  readonly summary: string;
  readonly example: string;
  readonly row: N;
  call(operands: readonly string[]): CallOptions;
  /** For a terminal; undefined: nothing to show but that it was accepted. */
  table?(answer: Answer<N>): Table | string;
  /** For a terminal, after an empty answer. */
  readonly accepted?: string;
}

/** Keeps a verb's own row in its types while verbs of all rows live in one list. */
export function verb<N extends RouteName>(definition: Verb<N>): Verb {
  return definition as unknown as Verb;
}
