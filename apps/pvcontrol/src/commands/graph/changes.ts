/** What has changed between two looks at the mesh. Pure. */
import type { LinkState, LinkStatus } from '@pv/contract/graph';
import { linkKey, stateText } from '../../format/link.ts';

export interface LinkChange {
  readonly consumer: string;
  readonly provider: string;
  readonly name: string;
  readonly target: string;
  /** `gone`: the link is no more. */
  readonly state: LinkState | 'gone';
  readonly reason?: string;
  /** When it came into this state, for a link that is there. */
  readonly since?: string;
  /** The state before; a link that is new has none. */
  readonly was?: LinkState;
}

/** A link that left its state and came back between the two looks is a change too: `since` tells. */
export function linkChanges(before: readonly LinkStatus[], after: readonly LinkStatus[]): LinkChange[] {
  const old = new Map(before.map((link) => [linkKey(link), link]));
  const there = new Set(after.map(linkKey));
  const gone = before.filter((link) => !there.has(linkKey(link))).map((link): LinkChange => ({ ...nameOf(link), state: 'gone', was: link.state }));
  return [...gone, ...after.flatMap((link) => changeOf(old.get(linkKey(link)), link))];
}

function changeOf(was: LinkStatus | undefined, link: LinkStatus): LinkChange[] {
  const { state, reason, since } = link;
  if (was?.state === state && was.reason === reason && was.since === since && was.provider === link.provider) return [];
  return [{ ...nameOf(link), state, ...(reason === undefined ? {} : { reason }), since, ...(was === undefined ? {} : { was: was.state }) }];
}

function nameOf({ consumer, provider, name, target }: LinkStatus): Pick<LinkChange, 'consumer' | 'provider' | 'name' | 'target'> {
  return { consumer, provider, name, target };
}

export function changeLine({ consumer, provider, name, target, state, reason, since, was }: LinkChange): string {
  const now = state === 'gone' ? 'gone' : stateText({ state, reason });
  return `${since === undefined ? '' : `${since}  `}${consumer} -> ${provider}/${name} at ${target}: ${was === undefined || was === state ? '' : `${was} -> `}${now}`;
}
