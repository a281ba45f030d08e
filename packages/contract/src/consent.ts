/**
 * A provider's consent: which consumers, in which roles, it lets in. Pure, and without schemas, for it is asked when a
 * state is accepted, when a link is made, and when a tool explains a link.
 */
import type { Link } from './graph.ts';

export interface Asked {
  readonly consumer: string;
  readonly provider: string;
  readonly name: string;
  readonly role: string;
  /** The provider's lists; missing: everybody. */
  readonly roles?: readonly string[];
  readonly consumers?: readonly string[];
}

export interface ConsentRefusal {
  /** The key of the provider's manifest that keeps the consumer out. */
  readonly rule: keyof Pick<Link, 'roles' | 'consumers'>;
  readonly text: string;
}

/** Undefined: the provider accepts. `any` among `roles` stands for every role. */
export function refusedConsent({ consumer, provider, name, role, roles, consumers }: Asked): ConsentRefusal | undefined {
  if (roles?.some((accepted) => accepted === 'any' || accepted === role) === false) {
    return { rule: 'roles', text: `'${provider}' does not accept the role '${role}' for '${name}'` };
  }
  if (consumers?.includes(consumer) === false) {
    return { rule: 'consumers', text: `'${provider}' does not accept '${consumer}' as a consumer of '${name}'` };
  }
  return undefined;
}
