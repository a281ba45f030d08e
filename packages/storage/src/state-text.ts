/**
 * A state as its members' own text: signatures and change detection depend on values being kept as they were written.
 * Strict: one object, no duplicate keys at any depth, and every key is a path inside a revision.
 */
import { parseJson, pathTo } from '@pv/state/json';
import { Findings, problemText } from '@pv/state/problem';
import { parseTree } from 'jsonc-parser';
import { StorageError } from './storage-error.ts';

/** State key -> the JSON text of its value. Made by `parseStateText`, so its keys are safe to join to a directory. */
export type StateText = ReadonlyMap<string, string>;

export const emptyState: StateText = new Map([['#spec', '"pantavisor-service-system@1"']]);

/** `where`: for messages, such as `x.pvrexport.tgz: json`. Throws StorageError. */
export function parseStateText(where: string, text: string): StateText {
  checkJson(where, text);
  const state = new Map<string, string>();
  for (const property of parseTree(text)?.children ?? []) {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined) continue;
    const name = String(key.value);
    if (!isInside(name)) throw new StorageError(`${where}: ${pathTo('$', name)}`, 'is not a path inside a revision', 'mend the part that has it');
    state.set(name, text.slice(value.offset, value.offset + value.length));
  }
  return state;
}

function checkJson(where: string, text: string): void {
  const findings = new Findings();
  const value = parseJson(where, text, findings);
  const [problem] = findings.problems;
  if (problem !== undefined) throw new StorageError(where, problemText(problem).slice(where.length + 2), 'export the part again');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new StorageError(where, '$: must be a JSON object', 'export the part again');
}

/** Also not one of the places where a revision's own records lie. */
function isInside(key: string): boolean {
  return !/^\.pvr?(?:\/|$)/.test(key) && !key.includes('\0') && key.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** Sorted bytewise, `#spec` first. */
export function printStateText(state: StateText): string {
  const keys = [...state.keys()].sort((a, b) => (a === '#spec' ? -1 : b === '#spec' ? 1 : Buffer.compare(Buffer.from(a), Buffer.from(b))));
  return `{${keys.map((key) => `${JSON.stringify(key)}:${state.get(key) ?? 'null'}`).join(',')}}`;
}

/** The object that a value names: 64 hexadecimal digits. Undefined: the value itself is the content. */
export function objectId(text: string): string | undefined {
  return /^"([0-9a-f]{64})"$/.exec(text)?.[1];
}

/** Keys whose value names an object. */
export function objectsOf(state: StateText): { readonly key: string; readonly id: string }[] {
  return [...state].flatMap(([key, text]) => {
    const id = objectId(text);
    return id === undefined ? [] : [{ key, id }];
  });
}
