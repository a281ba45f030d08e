/** Runs a schema and reports every issue with its path; unknown keys are warnings, so that newer states still load. */
import type * as z from 'zod/mini';
import { type Json, pathTo } from './json.ts';
import type { Findings } from './problem.ts';

/** The checked value, or undefined after at least one problem was reported. */
export function check<T>(schema: z.ZodMiniType<T>, value: Json, at: { file: string; path: string }, findings: Findings): T | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const path = issue.path.reduce<string>(pathTo, at.path);
    if (issue.code === 'unrecognized_keys') for (const key of issue.keys) findings.problem(at.file, pathTo(path, key), 'unknown key');
    else findings.problem(at.file, path, textOf(issue));
  }
  return undefined;
}

function textOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key' && issue.issues[0] !== undefined) return textOf(issue.issues[0]);
  return issue.message === 'Invalid input' ? describe(issue) : issue.message;
}

/** zod/mini carries no texts of its own. */
function describe(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type': return `must be ${article(issue.expected)}`;
    case 'invalid_value': return `must be one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small': return `must be at least ${String(issue.minimum)}`;
    case 'too_big': return `must be at most ${String(issue.maximum)}`;
    case 'invalid_union': return 'has none of the accepted forms';
    default: return issue.message;
  }
}

function article(kind: string): string {
  const words: Record<string, string> = { int: 'a whole number', nonoptional: 'present' };
  return words[kind] ?? (/^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`);
}

export function warnUnknownKeys(value: Json, known: readonly string[], at: { file: string; path: string }, findings: Findings): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) findings.warn(at.file, pathTo(at.path, key), 'unknown key, ignored');
  }
}
