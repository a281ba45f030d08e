/**
 * All links. `apply` makes them as a graph says, at once and in one go; what it can not do now it goes on trying by
 * itself. Nothing here depends on pv-core: while no new graph comes, the links stay as they are.
 */
import type { LinkCounters, LinkState } from '@pv/contract/graph';
import { hostName } from '@pv/contract/grammar';
import { errorCode } from '@pv/pv-native/errors';
import { readProcess } from '@pv/pv-native/process';
import type { RelayCounters } from '@pv/pv-native/relay/link';
import type { GraphLink } from '../graph/parse.ts';
import { auditLine } from '@pv/contract/audit';
import { planLinks, type CurrentView, type LinkView, type Plan, type Step } from './plan.ts';
import { Slot, type SlotContext } from './slot.ts';
import { failedLine, removingLine } from './wording.ts';

/** The contract's LinkStatus, its strings not branded. */
export type MeshLink = GraphLink & LinkCounters & { readonly state: LinkState; readonly reason?: string; readonly since: string; readonly last_error?: string; readonly sandboxed?: boolean };

/** Milliseconds that sessions of a replaced link may go on. */
const drainMs = 5_000;

/** A container may mount something over an injected socket while it starts: seconds after a change, looked at again. */
const lookAgainAfter = [1, 2, 4, 8, 16];

export class Mesh {
  readonly #context: SlotContext;
  readonly #slots = new Map<string, Slot>();
  #graph: readonly GraphLink[] = [];
  #refused: (Plan['refused'][number] & { readonly since: string })[] = [];
  #cancelLook: () => void = () => undefined;

  constructor(context: SlotContext) {
    this.#context = context;
  }

  apply(links: readonly GraphLink[]): void {
    this.#graph = links;
    this.#context.keeper.forgetOthers(links);
    if (this.#reconcile() > 0) this.#lookAgain(0);
  }

  /** Tries the failed ones now. */
  retry(): void {
    for (const slot of this.#slots.values()) slot.retry();
  }

  async status(): Promise<MeshLink[]> {
    const counters = await this.#context.relay.counters();
    const slots = [...this.#slots.values()].map((slot) => ({ ...slot.link, ...slot.status(), ...relayStatus(counters.get(slot.relayId ?? 0), slot.refused) }));
    const refused = this.#refused.map(({ link, reason, since }) => ({ ...link, state: 'failed' as const, reason, since, ...relayStatus(undefined, 1) }));
    return [...slots, ...refused];
  }

  /** Everything stays where it is, and this instance serves no more: the next one goes on. */
  async handOver(patienceMs: number): Promise<number> {
    this.#cancelLook();
    const sessions = await this.#context.relay.handOver(patienceMs);
    const links = new Map([...this.#slots.values()].map((slot) => [slot.relayId, slot.link]));
    let count = this.#context.keeper.leaveInherited();
    for (const [id, states] of sessions) {
      const link = links.get(id);
      if (link === undefined) continue;
      this.#context.keeper.leaveSessions(link, states);
      count += states.length;
    }
    return count;
  }

  close(): void {
    this.#cancelLook();
    for (const slot of this.#slots.values()) slot.close(0);
    this.#slots.clear();
  }

  /** The number of steps it took; 1 as well when it could not be known what to do: then it is looked at again. */
  #reconcile(): number {
    const observed = this.#observe();
    if (observed === undefined) return 1;
    const { steps, refused } = planLinks(observed.desired, observed.current);
    for (const step of [...steps].sort((a, b) => this.#rank(a) - this.#rank(b))) this.#take(step);
    this.#refuse(refused);
    return steps.length;
  }

  /** Out of descriptors, for example: no reason to take anything away. */
  #observe(): { desired: LinkView[]; current: Map<string, CurrentView> } | undefined {
    try {
      return { desired: observe(this.#graph), current: new Map([...this.#slots].map(([key, slot]) => [key, slot.view()])) };
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      this.#context.lines.err(`Cannot look at the containers, so the links stay as they are: ${(error as Error).message}`);
      return undefined;
    }
  }

  /** What goes makes room; then come those whose files are in place from before, so that a card stays with who has it. */
  #rank(step: Step): number {
    if (step.kind === 'drop') return 0;
    return this.#context.keeper.hasLeft(step.view.link) ? 1 : 2;
  }

  #take(step: Step): void {
    const slot = this.#slots.get(step.key);
    switch (step.kind) {
      case 'drop':
        if (slot === undefined) return;
        this.#context.lines.out(removingLine(slot.link));
        slot.close(step.replaced ? drainMs : 0);
        this.#slots.delete(step.key);
        return;
      case 'add': {
        const added = new Slot(step.view, this.#context);
        this.#slots.set(step.key, added);
        return added.settle();
      }
      case 'renew':
        return slot?.renew(step.view);
      case 'provider':
        return slot?.changeProvider(step.view);
    }
  }

  #refuse(refused: Plan['refused']): void {
    const known = new Map(this.#refused.map(({ link, reason, since }) => [failedLine(link, reason), since]));
    const now = this.#context.timestamp();
    this.#refused = refused.map(({ link, reason }) => {
      const line = failedLine(link, reason);
      if (!known.has(line)) for (const text of [auditLine(link, `target: ${reason}`), line]) this.#context.lines.err(text);
      return { link, reason, since: known.get(line) ?? now };
    });
  }

  #lookAgain(round: number): void {
    this.#cancelLook();
    const seconds = lookAgainAfter[round];
    if (seconds === undefined) return;
    this.#cancelLook = this.#context.clock.after(seconds, () => this.#lookAgain(this.#reconcile() > 0 ? 0 : round + 1));
  }
}

/** The links, and what runs of them at this moment. */
function observe(links: readonly GraphLink[]): LinkView[] {
  const seen = new Map<number, number | undefined>();
  const start = (pid: number): number | undefined => {
    if (!seen.has(pid)) seen.set(pid, startOf(pid));
    return seen.get(pid);
  };
  return links.map((link) => ({ link, consumerStart: start(link.consumer_pid), providerStart: link.provider === hostName ? 0 : start(link.provider_pid) }));
}

function startOf(pid: number): number | undefined {
  if (pid <= 0) return undefined;
  const process = readProcess(pid);
  return process === undefined || process.state === 'Z' ? undefined : process.startTime;
}

function relayStatus(relay: RelayCounters | undefined, refused = 0): LinkCounters & Pick<MeshLink, 'last_error' | 'sandboxed'> {
  return {
    sessions: relay?.sessions ?? 0, accepted: relay?.accepted ?? 0, refused: refused + (relay?.refused ?? 0), descriptors: relay?.descriptors ?? 0,
    bytes_to_provider: relay?.bytesToProvider ?? 0, bytes_to_consumer: relay?.bytesToConsumer ?? 0,
    ...(relay?.lastError === undefined ? {} : { last_error: relay.lastError }), ...(relay?.ownDoor === undefined ? {} : { sandboxed: relay.ownDoor }),
  };
}
