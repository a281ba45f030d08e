/** What must hold of a graph whatever its text is: checked for the committed corpus as tests, and for mutations of it by test/fuzz/graph.ts. */
import { parseGraph, type ParsedGraph } from '../../src/graph/parse.ts';

/** Throws when it does not hold; else what was made of the text. */
export function checkGraph(text: Buffer): ParsedGraph {
  const parsed = parseGraph(text);
  if (parsed.kind === 'bad') return parsed;
  for (const link of parsed.links) {
    for (const key of ['type', 'name', 'consumer', 'provider', 'role', 'interface'] as const) if (typeof link[key] !== 'string' || link[key] === '') throw new Error(`${key} is no text`);
    for (const key of ['socket', 'target'] as const) if (!link[key].startsWith('/') || link[key].includes('\0')) throw new Error(`${key} is no path`);
    for (const key of ['consumer_pid', 'provider_pid'] as const) if (!Number.isSafeInteger(link[key]) || link[key] < 0) throw new Error(`${key} is no pid`);
  }
  return parsed;
}
