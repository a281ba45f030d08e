/**
 * Strict JSON: no comments, no trailing commas, no duplicate keys, bounded depth. Two readers of one state must
 * never see two different things (spec xconnect 1.3), so what a lenient parser would resolve is refused here.
 */
import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Findings } from './problem.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const maxDepth = 64;

/** The value, or undefined after at least one problem was reported. */
export function parseJson(file: string, text: string, findings: Findings): Json | undefined {
  if (isTooDeep(text)) {
    findings.problem(file, '$', `nested deeper than ${maxDepth} levels`);
    return undefined;
  }
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
  const before = findings.problems.length;
  for (const error of errors.slice(0, 1)) {
    findings.problem(file, '$', `not JSON: ${printParseErrorCode(error.error)} at ${position(text, error.offset)}`);
  }
  if (root === undefined) {
    if (errors.length === 0) findings.problem(file, '$', 'not JSON: the file is empty');
    return undefined;
  }
  const value = toValue(root, '$', file, findings);
  return findings.problems.length === before ? value : undefined;
}

/** Counted before the parser sees the text: it recurses, and a few thousand brackets would exhaust its stack. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') inString = !inString;
    else if (inString && char === '\\') at += 1;
    else if (!inString && (char === '[' || char === '{')) depth += 1;
    else if (!inString && (char === ']' || char === '}')) depth -= 1;
    if (depth > maxDepth) return true;
  }
  return false;
}

function toValue(node: Node, path: string, file: string, findings: Findings): Json {
  if (node.type === 'array') return (node.children ?? []).map((child, index) => toValue(child, `${path}[${index}]`, file, findings));
  if (node.type === 'object') return toObject(node, path, file, findings);
  return (node.value ?? null) as Json;
}

function toObject(node: Node, path: string, file: string, findings: Findings): Json {
  const entries = new Map<string, Json>();
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined) continue;
    const name = String(key.value);
    const inner = pathTo(path, name);
    if (entries.has(name)) findings.problem(file, inner, 'duplicate key');
    entries.set(name, toValue(value, inner, file, findings));
  }
  return Object.fromEntries(entries);
}

/** `$.a.b`, `$.list[0]`, `$["a/b"]`. */
export function pathTo(parent: string, key: PropertyKey): string {
  if (typeof key === 'number') return `${parent}[${key}]`;
  const name = String(key);
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${parent}.${name}` : `${parent}[${JSON.stringify(name)}]`;
}

function position(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
