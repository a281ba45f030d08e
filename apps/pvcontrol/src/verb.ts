/** What a command of pvcontrol is: words, operands, one call of the contract, and how its answer looks on a terminal. */
import type { Client } from '@pv/client/client';
import type { Answer, CallArguments, Result, RowOf } from '@pv/client/types';
import type { Table } from './format/table.ts';

interface Words {
  /** Accepted spellings of the noun, such as `containers` and `container`; empty for a command that is a verb itself. */
  readonly nouns: readonly string[];
  readonly verbs: readonly string[];
  /** Names of mandatory operands. */
  readonly operands: readonly string[];
  readonly summary: string;
  readonly example: string;
}

/** One verb of one row. */
export interface Verb<N extends RowOf<'pv-core'>> extends Words {
  readonly row: N;
  arguments(operands: readonly string[]): CallArguments<N>;
  /** For a person: a table, or words. */
  show(answer: Answer<N>): Table | string;
}

/** A verb of any row, its answer not yet shown. */
export interface Command extends Words {
  perform(client: Client, operands: readonly string[]): Promise<Result<() => Table | string>>;
}

export function verb<N extends RowOf<'pv-core'>>(definition: Verb<N>): Command {
  const { row, show } = definition;
  return {
    ...definition,
    perform: async (client, operands) => {
      const result = await client.call(row, ...definition.arguments(operands));
      return result.kind === 'ok' ? { ...result, value: () => show(result.value) } : result;
    },
  };
}
