/**
 * All links. `apply` makes them as a graph says, at once and in one go; what it can not do now it goes on trying by
 * itself. Nothing here depends on pv-core: while no new graph comes, the links stay as they are.
 */
import type { LinkState } from '@pv/contract/graph';
import { readProcess } from '@pv/pv-native/process';
import type { GraphLink } from '../graph/parse.ts';
import { planLinks, type LinkView, type Plan, type Step } from './plan.ts';
import { Slot, type SlotContext } from './slot.ts';
import { failedLine, removingLine } from './wording.ts';

export interface MeshLink extends GraphLink {
  readonly state: LinkState;
  readonly reason?: string;
  readonly sessions: number;
}

/** A container may mount something over an injected socket while it starts: seconds after a change, looked at again. */
const lookAgainAfter = [1, 2, 4, 8, 16];

export class Mesh {
  readonly #context: SlotContext;
  readonly #slots = new Map<string, Slot>();
  #graph: readonly GraphLink[] = [];
  #refused: Plan['refused'] = [];
  #cancelLook: () => void = () => undefined;

  constructor(context: SlotContext) {
    this.#context = context;
  }

  apply(links: readonly GraphLink[]): void {
    this.#graph = links;
    if (this.#reconcile() > 0) this.#lookAgain(0);
  }

  /** Tries the failed ones now. */
  retry(): void {
    for (const slot of this.#slots.values()) slot.retry();
  }

  status(): MeshLink[] {
    const slots = [...this.#slots.values()].map((slot) => ({ ...slot.link, ...slot.status() }));
    const refused = this.#refused.map(({ link, reason }) => ({ ...link, state: 'failed' as const, reason, sessions: 0 }));
    return [...slots, ...refused];
  }

  close(): void {
    this.#cancelLook();
    for (const slot of this.#slots.values()) slot.close();
    this.#slots.clear();
  }

  /** The number of steps it took. */
  #reconcile(): number {
    const current = new Map([...this.#slots].map(([key, slot]) => [key, slot.view()]));
    const { steps, refused } = planLinks(this.#graph.map(observe), current);
    for (const step of steps) this.#take(step);
    this.#refuse(refused);
    return steps.length;
  }

  #take(step: Step): void {
    const slot = this.#slots.get(step.key);
    switch (step.kind) {
      case 'drop':
        if (slot === undefined) return;
        this.#context.lines.out(removingLine(slot.link));
        slot.close();
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
    const known = new Set(this.#refused.map(({ link, reason }) => failedLine(link, reason)));
    const lines = refused.map(({ link, reason }) => failedLine(link, reason));
    for (const line of lines.filter((text) => !known.has(text))) this.#context.lines.err(line);
    this.#refused = refused;
  }

  #lookAgain(round: number): void {
    this.#cancelLook();
    const seconds = lookAgainAfter[round];
    if (seconds === undefined) return;
    this.#cancelLook = this.#context.clock.after(seconds, () => this.#lookAgain(this.#reconcile() > 0 ? 0 : round + 1));
  }
}

/** The link, and what runs of it at this moment. */
function observe(link: GraphLink): LinkView {
  return { link, consumerStart: startOf(link.consumer_pid), providerStart: startOf(link.provider_pid) };
}

function startOf(pid: number): number | undefined {
  if (pid <= 0) return undefined;
  const process = readProcess(pid);
  return process === undefined || process.state === 'Z' ? undefined : process.startTime;
}
