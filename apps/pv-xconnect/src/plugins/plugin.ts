/** What a plugin is: it makes one type of link real, between two containers that both run and are pinned. */
import type { Clock, Random } from '@pv/runtime/clock';
import type { GraphLink } from '../graph/parse.ts';
import type { Lines } from '../lines.ts';
import type { Pin } from '../links/pin.ts';
import type { Keeper } from '../handover/keeper.ts';
import type { KeptFile } from '../handover/records.ts';
import type { MeshRelay } from '../relay/mesh-relay.ts';

export interface PluginContext {
  readonly lines: Lines;
  readonly clock: Clock;
  readonly random: Random;
  readonly relay: MeshRelay;
  readonly keeper: Keeper;
  /** A rule refused something to this link, whose state stays: an audit line, and counted. `<rule>: <what>`. */
  readonly refused: (what: string) => void;
}

/** Why something cannot be; `rule`: the one that forbids it, for the audit line, when that is why. */
export interface Refusal {
  readonly refusal: string;
  readonly rule?: string | undefined;
}

/** A link that is in place in the consumer. */
export interface ActiveLink {
  /** The relay's number of it; undefined: its bytes do not go through the relay. */
  readonly relayId?: number;
  /** What its users should know although it is established. */
  readonly remark?: string | undefined;
  /** Whether the consumer still finds what was injected. */
  intact(): boolean;
  /** The provider's present process; undefined: none. The pin stays its caller's to close, after the next call here. */
  useProvider(provider: Pin | undefined): void;
  /** Takes away what was injected, and ends the sessions: at once, or after `drainMs`. The consumer's pin must still be open. */
  close(drainMs: number): void;
}

export type Establish =
  | { readonly kind: 'established'; readonly active: ActiveLink }
  /** `rule`: see Refusal. */
  | { readonly kind: 'failed'; readonly reason: string; readonly rule?: string | undefined };

export interface Plugin {
  readonly type: GraphLink['type'];
  /** A reason why this link can never be, whatever runs. */
  refusal(link: GraphLink): string | undefined;
  establish(link: GraphLink, consumer: Pin, provider: Pin, context: PluginContext): Establish;
  /** Takes away a file that an earlier instance put there, if it is still that one. Only for a type that puts files there. */
  removeLeft?(file: KeptFile, consumer: Pin): void;
}
