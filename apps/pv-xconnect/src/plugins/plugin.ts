/** What a plugin is: it makes one type of link real, between two containers that both run and are pinned. */
import type { Clock, Random } from '@pv/runtime/clock';
import type { GraphLink } from '../graph/parse.ts';
import type { Lines } from '../lines.ts';
import type { Pin } from '../links/pin.ts';

export interface PluginContext {
  readonly lines: Lines;
  readonly clock: Clock;
  readonly random: Random;
}

/** A link that is in place in the consumer. */
export interface ActiveLink {
  sessions(): number;
  /** Whether the consumer still finds what was injected. */
  intact(): boolean;
  /** The provider's present process; undefined: none. The pin stays its caller's to close, after the next call here. */
  useProvider(provider: Pin | undefined): void;
  /** Ends the sessions and takes away what was injected. The consumer's pin must still be open. */
  close(): void;
}

export type Establish =
  | { readonly kind: 'established'; readonly active: ActiveLink }
  | { readonly kind: 'failed'; readonly reason: string };

export interface Plugin {
  readonly type: GraphLink['type'];
  /** A reason why this link can never be, whatever runs. */
  refusal(link: GraphLink): string | undefined;
  establish(link: GraphLink, consumer: Pin, provider: Pin, context: PluginContext): Establish;
}
