/** The provider's consent, asked again when a link is made: whoever wrote the graph, its lists decide. */
import { refusedConsent } from '@pv/contract/consent';
import type { GraphLink } from '../graph/parse.ts';

/** `<rule>: <why the provider does not let this consumer in>`, as an audit line has it; undefined: it does. */
export function consentRefusal(link: GraphLink): string | undefined {
  const refusal = refusedConsent(link);
  return refusal === undefined ? undefined : `${refusal.rule}: ${refusal.text}`;
}
