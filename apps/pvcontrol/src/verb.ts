/** What a command of pvcontrol is: words, operands, calls of the contract, and how what they answer looks on a terminal. */
import type { Client } from '@pv/client/client';
import type { Answer, CallArguments, Refused, RowOf, Unreachable } from '@pv/client/types';
import type { Look, Table } from './format/table.ts';

interface Words {
  /** Accepted spellings of the noun, such as `containers` and `container`; empty for a command that is a verb itself. */
  readonly nouns: readonly string[];
  readonly verbs: readonly string[];
  /** Names of mandatory operands. */
  readonly operands: readonly string[];
  readonly summary: string;
  readonly example: string;
  /** Options of its own, at most one of which may be given. */
  readonly flags?: Readonly<Partial<Record<Flag, string>>>;
}

/** Options that only some commands have. */
export type Flag = 'mermaid' | 'dot';

/** One verb of one row. */
export interface Verb<N extends RowOf<'pv-core'>> extends Words {
  readonly row: N;
  arguments(operands: readonly string[]): CallArguments<N>;
  /** For a person: a table, or words. */
  show(answer: Answer<N>): Table | string;
}

export interface Request {
  readonly client: Client;
  readonly operands: readonly string[];
  readonly flag: Flag | undefined;
  /** For a command that follows something: a line now. */
  readonly report: (news: { readonly value: unknown; readonly line: string }) => void;
  /** For a command that goes on although something is wrong. */
  readonly warn: (line: string) => void;
}

export interface Done {
  readonly kind: 'ok';
  /** For a program. */
  readonly text: string;
  /** For a person. */
  readonly value: (look: Look) => Table | string;
  /** A pipe gets what a person would get, unless it asks for JSON: a drawing, say. */
  readonly plain?: true;
  /** 0 when not given. */
  readonly exit?: number;
}

/** A command, its answer not yet shown. */
export interface Command extends Words {
  /** It does not end by itself, so its output has no end either. */
  readonly endless?: true;
  perform(request: Request): Promise<Done | Refused | Unreachable>;
}

export function verb<N extends RowOf<'pv-core'>>(definition: Verb<N>): Command {
  const { row, show } = definition;
  return {
    ...definition,
    perform: async ({ client, operands }) => {
      const result = await client.call(row, ...definition.arguments(operands));
      return result.kind === 'ok' ? { kind: 'ok', text: result.text, value: () => show(result.value) } : result;
    },
  };
}
