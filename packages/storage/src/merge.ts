/** Adding a state to another one (spec state-engine 5.7.1, control-api 5.2, with boundaries at path elements). Pure. */
import type { StateText } from './state-text.ts';

/** What an incoming part replaces goes first, with all that its old signature covered; then its own keys come in. */
export function addState(current: StateText, incoming: StateText): StateText {
  const signatures = signaturesOf(current);
  const removed = new Set([...incoming.keys()].filter((key) => key !== '#spec').flatMap((key) => covered(current, signatures, key)));
  const kept = [...current].filter(([key]) => !removed.has(key));
  return new Map([...kept, ...incoming]);
}

/** The keys that removing `part` removes. */
export function coveredBy(state: StateText, part: string): string[] {
  return covered(state, signaturesOf(state), part);
}

function covered(state: StateText, signatures: readonly Signature[], part: string): string[] {
  const base = part.replace(/^(?:_config|_sigs)\//, '');
  const own = signatures.find(({ name }) => name === base || name === `${base}.json`);
  const patterns = [part, ...(own?.patterns ?? [])];
  const all = signatures.flatMap(({ patterns: others }) => others);
  return [...state.keys()].filter((key) => {
    if (key === '#spec') return false;
    const matched = patterns.filter((pattern) => covers(pattern, key)).length;
    return matched >= 1 && all.filter((pattern) => covers(pattern, key)).length <= matched;
  });
}

interface Signature {
  /** After `_sigs/`. */
  readonly name: string;
  readonly patterns: readonly string[];
}

function signaturesOf(state: StateText): Signature[] {
  return [...state].filter(([key]) => key.startsWith('_sigs/')).map(([key, text]) => ({ name: key.slice('_sigs/'.length), patterns: patternsOf(text) }));
}

/** Include and exclude patterns, cut at the first `*`; none for what is not a signature. */
function patternsOf(text: string): string[] {
  try {
    const { protected: head } = JSON.parse(text) as { protected?: string };
    const { pvs } = JSON.parse(Buffer.from(head ?? '', 'base64url').toString('utf8')) as { pvs?: { include?: string[]; exclude?: string[] } };
    return [...(pvs?.include ?? []), ...(pvs?.exclude ?? [])].map((pattern) => pattern.replace(/\*.*$/s, ''));
  } catch {
    return [];
  }
}

/** `app` covers `app` and `app/...`, not `app2`; a pattern that ended in `/` covers what is below. */
function covers(pattern: string, key: string): boolean {
  return key === pattern || key.startsWith(pattern.endsWith('/') || pattern === '' ? pattern : `${pattern}/`);
}
