/**
 * What must change so that the mesh is as the graph says: a pure function of the graph, of which processes run, and of
 * the links as they are. Everything that makes a link what it is counts, its processes' start times included. Steps are
 * in the order in which they must be done; links that stay as they are have none.
 */
import type { GraphLink } from '../graph/parse.ts';

/** A link of the graph, and the start times of its two processes; undefined: that one does not run. */
export interface LinkView {
  readonly link: GraphLink;
  readonly consumerStart: number | undefined;
  readonly providerStart: number | undefined;
}

/** A link as it is. */
export interface CurrentView extends LinkView {
  /** False: what was injected has gone from the consumer. */
  readonly intact: boolean;
}

export type Step =
  /** `replaced`: another link of the same consumer, provider, role and rules takes its place, so its sessions may come to their end. */
  | { readonly kind: 'drop'; readonly key: string; readonly replaced: boolean }
  | { readonly kind: 'add'; readonly key: string; readonly view: LinkView }
  /** The same link for another consumer process: injected anew. */
  | { readonly kind: 'renew'; readonly key: string; readonly view: LinkView }
  /** The same link to another provider process: the consumer's side stays. */
  | { readonly kind: 'provider'; readonly key: string; readonly view: LinkView };

export interface Plan {
  readonly steps: readonly Step[];
  readonly refused: readonly { readonly link: GraphLink; readonly reason: string }[];
}

export function planLinks(desired: readonly LinkView[], current: ReadonlyMap<string, CurrentView>): Plan {
  const { chosen, refused } = choose(desired, current);
  const added = [...chosen].filter(([key]) => !current.has(key)).map(([, { link }]) => link);
  const gone = [...current].filter(([key]) => !chosen.has(key)).map(([key, { link }]): Step => ({ kind: 'drop', key, replaced: added.some((other) => sameRights(other, link)) }));
  const others = [...chosen].flatMap(([key, view]) => stepsFor(key, view, current.get(key)));
  // What goes makes room first: a new target may lie where an old one was.
  const isDrop = (step: Step): boolean => step.kind === 'drop';
  return { steps: [...gone, ...others.filter(isDrop), ...others.filter((step) => !isDrop(step))], refused };
}

/** One link per consumer and target: the paths of one container are its own name space. */
export function linkKey({ consumer, target }: GraphLink): string {
  return `${consumer}\0${target}`;
}

/** Of several links for one key, the one that is in place keeps it, else the first; so their order in the graph never matters twice. */
function choose(desired: readonly LinkView[], current: ReadonlyMap<string, CurrentView>): { chosen: Map<string, LinkView>; refused: Plan['refused'] } {
  const rivals = new Map<string, LinkView[]>();
  for (const view of desired) {
    const key = linkKey(view.link);
    rivals.set(key, [...(rivals.get(key) ?? []), view]);
  }
  const chosen = new Map<string, LinkView>();
  const refused: { link: GraphLink; reason: string }[] = [];
  for (const [key, views] of rivals) {
    const existing = current.get(key);
    const winner = views.find((view) => existing !== undefined && sameLink(view.link, existing.link)) ?? views[0];
    if (winner === undefined) continue;
    chosen.set(key, winner);
    for (const { link } of views.filter((view) => view !== winner)) refused.push({ link, reason: taken(winner.link) });
  }
  return { chosen, refused };
}

function taken({ consumer, target, provider, name }: GraphLink): string {
  return `${target} in ${consumer} is already the target of ${provider}/${name}`;
}

function stepsFor(key: string, view: LinkView, current: CurrentView | undefined): Step[] {
  if (current === undefined) return [{ kind: 'add', key, view }];
  if (!sameLink(view.link, current.link)) return [{ kind: 'drop', key, replaced: sameRights(view.link, current.link) }, { kind: 'add', key, view }];
  if (!current.intact || !sameProcess(view.consumerStart, view.link.consumer_pid, current.consumerStart, current.link.consumer_pid)) return [{ kind: 'renew', key, view }];
  if (!sameProcess(view.providerStart, view.link.provider_pid, current.providerStart, current.link.provider_pid)) return [{ kind: 'provider', key, view }];
  return [];
}

function sameLink(a: GraphLink, b: GraphLink): boolean {
  return linkIdentity(a) === linkIdentity(b);
}

/** Everything that makes a link what it is, but for the processes of this moment. */
export function linkIdentity({ consumer_pid: _, provider_pid: __, ...rest }: GraphLink): string {
  return JSON.stringify(rest);
}

/** What differs is only where the sockets are: an interface that is a path is one of those, a name is what a consumer may reach. */
function sameRights(a: GraphLink, b: GraphLink): boolean {
  const onlyPaths = [a, b].every(({ interface: protocol }) => protocol.startsWith('/'));
  return sameLink({ ...a, socket: b.socket, target: b.target, ...(onlyPaths ? { interface: b.interface } : {}) }, b);
}

/** Of a process that does not run, the pid means nothing. */
function sameProcess(startA: number | undefined, pidA: number, startB: number | undefined, pidB: number): boolean {
  return startA === startB && (startA === undefined || pidA === pidB);
}
