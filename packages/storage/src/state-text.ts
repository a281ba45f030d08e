/**
 * A state as its members' own text: signatures and change detection depend on values being kept as they were written.
 * Strict: one object, no duplicate keys.
 */
import { type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { StorageError } from './storage-error.ts';

/** State key -> the JSON text of its value. */
export type StateText = ReadonlyMap<string, string>;

export const emptyState: StateText = new Map([['#spec', '"pantavisor-service-system@1"']]);

/** `where`: for messages, such as `x.pvrexport.tgz: json`. Throws StorageError. */
export function parseStateText(where: string, text: string): StateText {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [error] = errors;
  if (error !== undefined) throw new StorageError(where, `not JSON: ${printParseErrorCode(error.error)} at byte ${error.offset}`, 'export the part again');
  if (root?.type !== 'object') throw new StorageError(where, 'must be a JSON object', 'export the part again');
  const state = new Map<string, string>();
  for (const property of root.children ?? []) {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined) continue;
    const name = String(key.value);
    if (state.has(name)) throw new StorageError(where, `$[${JSON.stringify(name)}]: duplicate key`, 'export the part again');
    state.set(name, text.slice(value.offset, value.offset + value.length));
  }
  return state;
}

/** Sorted bytewise, `#spec` first. */
export function printStateText(state: StateText): string {
  const keys = [...state.keys()].sort((a, b) => (a === '#spec' ? -1 : b === '#spec' ? 1 : Buffer.compare(Buffer.from(a), Buffer.from(b))));
  return `{${keys.map((key) => `${JSON.stringify(key)}:${state.get(key) ?? 'null'}`).join(',')}}`;
}

/** Keys whose value is the SHA-256 of an object. */
export function objectsOf(state: StateText): { readonly key: string; readonly id: string }[] {
  return [...state].flatMap(([key, text]) => {
    const id = /^"([0-9a-f]{64})"$/.exec(text)?.[1];
    return id === undefined ? [] : [{ key, id }];
  });
}
