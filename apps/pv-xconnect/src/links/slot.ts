/**
 * One link of the mesh, brought to where its two processes allow: `waiting` while one of them does not run (and then
 * nothing is touched that was not there before), `established`, or `failed` with a reason and another try later.
 * `settle` may be called at any time and again; all of it happens at once, so nothing can come in between.
 */
import type { LinkState } from '@pv/contract/graph';
import { messageOf } from '@pv/pv-native/errors';
import { isCached } from '@pv/pv-native/hanging';
import type { Clock, Random } from '@pv/runtime/clock';
import { backoff } from '../backoff.ts';
import type { GraphLink } from '../graph/parse.ts';
import type { Lines } from '../lines.ts';
import type { ActiveLink, Plugin } from '../plugins/plugin.ts';
import type { Keeper } from '../handover/keeper.ts';
import type { MeshRelay } from '../relay/mesh-relay.ts';
import { auditLine } from '@pv/contract/audit';
import { consentRefusal } from './consent.ts';
import { hangReason } from './hang-reason.ts';
import type { Pin, PinContainer, PinResult } from './pin.ts';
import type { CurrentView, LinkView } from './plan.ts';
import { addingLine, againLine, failedLine, linesAbout, retryingLine, samePids, stateLine, type Pids } from './wording.ts';

export interface SlotContext {
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly pin: PinContainer;
  readonly lines: Lines;
  readonly clock: Clock;
  readonly random: Random;
  readonly relay: MeshRelay;
  readonly keeper: Keeper;
  /** The time of day: ISO 8601, UTC. */
  readonly timestamp: () => string;
}

type Condition = { readonly state: 'established' } | { readonly state: 'waiting' | 'failed'; readonly reason: string; /** Of Refusal. */ readonly rule?: string | undefined };
type Attempt = Condition | { readonly state: 'impossible'; readonly reason: string };

const retryRange = { first: 0.05, max: 30 };

export class Slot {
  readonly #context: SlotContext;
  #view: LinkView;
  #condition: Condition = { state: 'waiting', reason: 'new' };
  #since: string;
  #consumer: Pin | undefined;
  #provider: Pin | undefined;
  #active: ActiveLink | undefined;
  /** The pids with which it was last established. */
  #was: Pids | undefined;
  #failures = 0;
  #refused = 0;
  #cancelRetry: () => void = () => undefined;

  constructor(view: LinkView, context: SlotContext) {
    this.#view = view;
    this.#context = context;
    this.#since = context.timestamp();
  }

  get link(): GraphLink {
    return this.#view.link;
  }

  view(): CurrentView {
    return { ...this.#view, intact: this.#active === undefined || this.#isIntact(this.#active) };
  }

  /** How often a rule has refused it, beside what the relay's sessions were refused. */
  get refused(): number {
    return this.#refused;
  }

  get relayId(): number | undefined {
    return this.#active?.relayId;
  }

  status(): { state: LinkState; reason?: string; since: string } {
    const reason = this.#condition.state === 'established' ? this.#active?.remark : this.#condition.reason;
    return { state: this.#condition.state, ...(reason === undefined ? {} : { reason }), since: this.#since };
  }

  /** For another consumer process: what was injected into the old one goes. */
  renew(view: LinkView): void {
    this.#release(0);
    this.#restart(view);
  }

  /** For another provider process: the consumer's side stays. */
  changeProvider(view: LinkView): void {
    this.#releaseProvider();
    this.#restart(view);
  }

  /** Another try, if it failed. */
  retry(): void {
    if (this.#condition.state === 'failed') this.settle();
  }

  settle(): void {
    this.#cancelRetry();
    const attempt = this.#isolated(() => this.#attempt());
    if (attempt.state === 'established') this.#failures = 0;
    if (attempt.state === 'failed') this.#retryLater();
    // A socket of an earlier instance would take connections that nobody serves.
    if (attempt.state === 'failed' || attempt.state === 'impossible') this.#context.keeper.discard(this.link);
    this.#report(attempt.state === 'impossible' ? { state: 'failed', reason: attempt.reason } : attempt);
  }

  /** `drainMs`: how long its sessions may go on. */
  close(drainMs: number): void {
    this.#cancelRetry();
    this.#release(drainMs);
  }

  #restart(view: LinkView): void {
    this.#view = view;
    this.#failures = 0;
    this.settle();
  }

  /** A fault in one link must not take the others down. */
  #isolated(attempt: () => Attempt): Attempt {
    try {
      return attempt();
    } catch (error) {
      return { state: 'failed', reason: `fault: ${messageOf(error)}` };
    }
  }

  #attempt(): Attempt {
    const { link, consumerStart, providerStart } = this.#view;
    const plugin = this.#context.plugins.get(link.type);
    if (plugin === undefined) return { state: 'impossible', reason: `No plugin found for type ${link.type}` };
    const refusal = plugin.refusal(link) ?? this.#consentRefusal();
    if (refusal !== undefined) return { state: 'impossible', reason: refusal };
    if (consumerStart === undefined) return waitingFor(link.consumer);
    if (providerStart === undefined) return waitingFor(link.provider);
    return this.#pinProvider() ?? this.#pinConsumer() ?? this.#hanging() ?? this.#establish(plugin);
  }

  #consentRefusal(): string | undefined {
    const refusal = consentRefusal(this.link);
    if (refusal === undefined) return undefined;
    this.#refuse(refusal);
    return refusal;
  }

  /** `<rule>: <what it refused>`. */
  #refuse(what: string): void {
    this.#refused += 1;
    this.#context.lines.err(auditLine(this.link, what));
  }

  #pinProvider(): Condition | undefined {
    const { link } = this.#view;
    const result = this.#pinAgain(this.#provider, link.provider_pid, link.provider);
    if (result.kind !== 'pinned') return unpinned(result, link.provider);
    this.#provider = result.pin;
    this.#view = { ...this.#view, providerStart: result.pin.startTime };
    return undefined;
  }

  #pinConsumer(): Condition | undefined {
    const { link } = this.#view;
    const result = this.#pinAgain(this.#consumer, link.consumer_pid, link.consumer);
    if (result.kind !== 'pinned') return unpinned(result, link.consumer);
    this.#consumer = result.pin;
    this.#view = { ...this.#view, consumerStart: result.pin.startTime };
    return undefined;
  }

  /** One look-up that never ends would be the end of every link. */
  #hanging(): Condition | undefined {
    const { socket, target } = this.link;
    const reason = hangReason(this.#provider, socket) ?? hangReason(this.#consumer, target);
    return reason === undefined ? undefined : { state: 'failed', reason };
  }

  /** Every link is asked at every change: the mount table is read only of those that are not in the kernel's cache. */
  #isIntact(active: ActiveLink): boolean {
    const { target } = this.link;
    const known = this.#consumer === undefined || isCached(this.#consumer.rootFd, target);
    return (known || hangReason(this.#consumer, target) === undefined) && active.intact();
  }

  /** A pin of an earlier try, if its process still lives. */
  #pinAgain(pin: Pin | undefined, pid: number, container: string): PinResult {
    if (pin === undefined) return this.#context.pin(pid, container);
    return pin.alive() ? { kind: 'pinned', pin } : { kind: 'gone' };
  }

  #establish(plugin: Plugin): Condition {
    const { link } = this.#view;
    if (this.#consumer === undefined || this.#provider === undefined) throw new Error('a link is established before its containers are pinned');
    this.#announce();
    if (this.#active === undefined) {
      const result = plugin.establish(link, this.#consumer, this.#provider, { ...this.#context, lines: linesAbout(link, this.#context.lines), refused: (what) => this.#refuse(what) });
      if (result.kind === 'failed') return { state: 'failed', reason: result.reason, rule: result.rule };
      this.#active = result.active;
    } else {
      this.#active.useProvider(this.#provider);
    }
    this.#was = { consumer_pid: link.consumer_pid, provider_pid: link.provider_pid };
    return { state: 'established' };
  }

  #announce(): void {
    const { out } = this.#context.lines;
    if (this.#failures > 0) out(retryingLine(this.link));
    else if (this.#was === undefined || samePids(this.#was, this.link)) out(addingLine(this.link));
    else out(againLine(this.link, this.#was));
  }

  #report(condition: Condition): void {
    const before = this.#condition;
    this.#condition = condition;
    if (before.state !== condition.state) this.#since = this.#context.timestamp();
    const news = before.state !== condition.state || reasonOf(before) !== reasonOf(condition);
    const { out, err } = this.#context.lines;
    if (condition.state === 'established') out(stateLine(this.link, condition.state));
    else if (news && condition.state === 'waiting') out(stateLine(this.link, condition.state, condition.reason));
    else if (news) {
      if (condition.rule !== undefined) this.#refuse(`${condition.rule}: ${condition.reason}`);
      err(failedLine(this.link, condition.reason));
    }
  }

  #retryLater(): void {
    this.#failures += 1;
    this.#cancelRetry = this.#context.clock.after(backoff(retryRange, this.#failures, this.#context.random), () => this.settle());
  }

  #release(drainMs: number): void {
    this.#active?.close(drainMs);
    this.#active = undefined;
    this.#consumer?.close();
    this.#consumer = undefined;
    this.#releaseProvider();
  }

  #releaseProvider(): void {
    this.#active?.useProvider(undefined);
    this.#provider?.close();
    this.#provider = undefined;
  }
}

function waitingFor(container: string): Condition {
  return { state: 'waiting', reason: `container ${container} does not run` };
}

function unpinned(result: { readonly kind: 'gone' } | { readonly kind: 'refused'; readonly reason: string }, container: string): Condition {
  return result.kind === 'gone' ? waitingFor(container) : { state: 'failed', reason: result.reason };
}

function reasonOf(condition: Condition): string | undefined {
  return condition.state === 'established' ? undefined : condition.reason;
}
