/**
 * One line for each thing that a rule refused, for whoever reads the log afterwards:
 * `audit: refused consumer=<c> service=<n> provider=<p> role=<r> rule=<rule>: <detail>`. Fields are split by spaces, up to
 * the rule; so a name that holds one, which only a graph of somebody else than pv-core can have, is shown percent-encoded.
 */
import type { Asked } from './consent.ts';

/** `what`: `<rule>: <what it refused>`; it may hold bytes of a container, which the log shows escaped. */
export function auditLine({ consumer, name, provider, role }: Pick<Asked, 'consumer' | 'name' | 'provider' | 'role'>, what: string): string {
  return `audit: refused consumer=${word(consumer)} service=${word(name)} provider=${word(provider)} role=${word(role)} rule=${what}`;
}

function word(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]/gu, (char) => [...Buffer.from(char)].map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join(''));
}
