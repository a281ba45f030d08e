/**
 * What a provider's `allow` lets a role do, decided per request. Without `allow` everything; with it, what one of its rules
 * names. As soon as one rule has a path, the request goes on with the very path that was compared.
 */
import type { AllowRule } from '@pv/contract/graph';
import { normalPath, normalTarget } from './path.ts';

export type Allow = readonly AllowRule[];

export type Decision =
  /** `target` is what to ask the provider for. */
  | { readonly kind: 'allowed'; readonly target: string }
  /** `rule` names what refused it. */
  | { readonly kind: 'refused'; readonly rule: string; readonly hint: string };

interface Asked {
  readonly method: string;
  /** Path and query, or `*`, or a CONNECT's authority. */
  readonly target: string;
}

export class RestRules {
  readonly #role: string;
  readonly #allow: Allow | undefined;
  /** What this role may do at all. */
  readonly #mine: Allow;
  readonly #hasPaths: boolean;

  constructor(role: string, allow: Allow | undefined) {
    this.#role = role;
    this.#allow = allow;
    this.#mine = (allow ?? []).filter(({ roles }) => roles === undefined || roles.some((one) => one === role || one === 'any'));
    this.#hasPaths = (allow ?? []).some(({ path }) => path !== undefined);
  }

  decide({ method, target }: Asked): Decision {
    if (this.#allow === undefined) return { kind: 'allowed', target };
    const isPath = target.startsWith('/') && method !== 'CONNECT';
    const asked = isPath && this.#hasPaths ? normalTarget(target) : target;
    if (asked === undefined) return refused('allow: a path that can be read in several ways', 'Send a path without encoded slashes, backslashes or control characters.');
    const path = isPath ? asked.split('?', 1)[0] : undefined;
    if (this.#mine.some((rule) => matches(rule, method, path))) return { kind: 'allowed', target: asked };
    return refused(this.#noRule(), `Ask for what "allow" of the service lets role '${this.#role}' do: ${describe(this.#mine)}.`);
  }

  #noRule(): string {
    return this.#mine.length === 0 ? `allow: no rule for role '${this.#role}'` : `allow: no rule of role '${this.#role}' has this method and path`;
  }
}

function refused(rule: string, hint: string): Decision {
  return { kind: 'refused', rule, hint };
}

function matches(rule: AllowRule, method: string, path: string | undefined): boolean {
  if (rule.methods !== undefined && !rule.methods.includes(method)) return false;
  if (rule.path === undefined) return true;
  return path !== undefined && pathMatches(rule.path, path);
}

/** A rule's path is normalised like a request's; one that cannot be matches nothing. */
function pathMatches(pattern: string, path: string): boolean {
  if (!pattern.endsWith('*')) return normalPath(pattern) === path;
  // What comes after the prefix is a part of its last segment: '/v1/.*' is not '/v1/*'.
  const beginning = normalPath(`${pattern.slice(0, -1)}x`)?.slice(0, -1);
  return beginning !== undefined && path.startsWith(beginning);
}

function describe(rules: Allow): string {
  if (rules.length === 0) return 'nothing';
  return rules.map(({ methods, path }) => `${methods?.join('|') ?? 'every method'} ${path ?? 'on every path'}`).join(', ');
}
