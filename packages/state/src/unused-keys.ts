/** What upstream's runtime acts on and this version does not: a container that asks for it starts without, and its log says so. */
import { type Json, pathTo } from './json.ts';
import type { Findings } from './problem.ts';

/** Of run.json. Rendered by `pvr` also where nothing is asked for. */
export const unusedKeys = ['network', 'logs', 'drivers', 'exports', 'remount', 'dev-log'];

export function warnUnusedKeys(value: Json, file: string, findings: Findings): void {
  if (!isObject(value)) return;
  for (const key of unusedKeys) {
    const asked = key === 'logs' ? fileLoggers(value[key]) : value[key];
    if (asksForSomething(asked)) findings.warn(file, pathTo('$', key), 'not in this version, ignored');
  }
}

/** Entries with `lxc` or `console` make no logger upstream either. */
function fileLoggers(logs: Json | undefined): Json | undefined {
  return Array.isArray(logs) ? logs.filter((entry) => !isObject(entry) || !('lxc' in entry || 'console' in entry)) : logs;
}

function asksForSomething(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.some(asksForSomething);
  if (isObject(value)) return Object.values(value).some(asksForSomething);
  return value !== undefined && value !== null && value !== false && value !== '';
}

function isObject(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
