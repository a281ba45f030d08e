/**
 * Who owns the names that the rules are about: asked once, right after the consumer's Hello, and followed from then on.
 * The questions go over the consumer's own connection, since what may be seen is what its role may see.
 */
import { busCall, busName } from '@pv/dbus-wire/build';
import { level, type Policy } from './policy.ts';
import type { Replies } from './replies.ts';

export interface TrackingOptions {
  /** Sends a call to the bus. */
  readonly ask: (call: Uint8Array) => void;
  /** Every name, not only those that the rules are about. */
  readonly all: boolean;
}

export class Tracking {
  readonly #policy: Policy;
  readonly #replies: Replies;
  readonly #options: TrackingOptions;

  constructor(policy: Policy, replies: Replies, options: TrackingOptions) {
    this.#policy = policy;
    this.#replies = replies;
    this.#options = options;
  }

  /** True: nothing more of the consumer may pass until `onNames` was called. */
  begin(): boolean {
    if (this.#options.all) {
      this.#watch('');
      return this.#askNames();
    }
    const { patterns } = this.#policy;
    for (const pattern of patterns) this.#watch(isSubtree(pattern) ? `,arg0namespace='${pattern.slice(0, -2)}'` : `,arg0='${pattern}'`);
    for (const name of patterns.filter((pattern) => !isSubtree(pattern))) this.#askOwner(name);
    return patterns.some(isSubtree) && this.#askNames();
  }

  /** All names on the bus. */
  onNames(names: readonly string[]): void {
    const wanted = names.filter((name) => !name.startsWith(':') && name !== busName && (this.#options.all || this.#policy.levelOf(name) > level.none));
    for (const name of wanted) this.#askOwner(name);
  }

  #watch(about: string): void {
    const rule = `type='signal',sender='${busName}',interface='${busName}',member='NameOwnerChanged'${about}`;
    const serial = this.#replies.awaitOwn({ kind: 'own-watch' });
    if (serial !== undefined) this.#options.ask(busCall(serial, 'AddMatch', [rule]));
  }

  #askOwner(name: string): void {
    const serial = this.#replies.awaitOwn({ kind: 'own-owner', name });
    if (serial !== undefined) this.#options.ask(busCall(serial, 'GetNameOwner', [name]));
  }

  #askNames(): boolean {
    const serial = this.#replies.awaitOwn({ kind: 'own-list' });
    if (serial !== undefined) this.#options.ask(busCall(serial, 'ListNames', []));
    return serial !== undefined;
  }
}

function isSubtree(pattern: string): boolean {
  return pattern.endsWith('.*');
}
