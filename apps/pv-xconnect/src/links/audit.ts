/** One line for each thing that a rule refused, for whoever reads the log afterwards. */
import type { GraphLink } from '../graph/parse.ts';

/** `what`: the rule and what it refused; it may hold bytes of a container, which the log shows escaped. */
export function auditLine({ consumer, name, provider, role }: GraphLink, what: string): string {
  return `audit: refused consumer=${consumer} service=${name} provider=${provider} role=${role}: ${what}`;
}
