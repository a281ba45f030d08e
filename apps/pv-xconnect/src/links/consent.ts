/** The provider's consent, asked again when a link is made: whoever wrote the graph, its lists decide. */
import { refusedConsent } from '@pv/contract/consent';
import type { GraphLink } from '../graph/parse.ts';

/** Why the provider does not let this consumer in, with the key of its manifest that says so; undefined: it does. */
export function consentRefusal(link: GraphLink): string | undefined {
  const refusal = refusedConsent(link);
  return refusal === undefined ? undefined : `rule=${refusal.rule}: ${refusal.text}`;
}
