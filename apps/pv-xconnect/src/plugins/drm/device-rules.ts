/**
 * Lets a container open one device, and takes that back. Only what was not allowed is allowed, for reading and writing
 * and not for making nodes; only what was allowed here is revoked, when the last link that needs it has gone. Programs
 * that have the device open keep it: the kernel looks at the rules when a device is opened.
 */
import type { Pin } from '../../links/pin.ts';
import { type DeviceGroup, Unchangeable } from './device-group.ts';
import { deviceGroups } from './device-groups.ts';

export type RuleResult =
  | { readonly kind: 'allowed'; release(): void }
  /** Nothing was changed. */
  | { readonly kind: 'container decides'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string };

export class DeviceRules {
  /** Links that need a rule of ours, by directory and device. */
  readonly #needed = new Map<string, number>();

  /** `number`: `226:0`. */
  allow(consumer: Pin, container: string, number: string): RuleResult {
    const taken: DeviceGroup[] = [];
    const release = (): void => allOf(taken.reverse(), (group) => this.#release(group, number));
    try {
      const groups = deviceGroups(consumer.pid, container);
      if (groups === undefined) return { kind: 'container decides', reason: 'it has no control group of its own' };
      for (const group of groups) if (this.#take(group, number)) taken.push(group);
      return { kind: 'allowed', release };
    } catch (error) {
      release();
      if (error instanceof Unchangeable) return { kind: 'container decides', reason: error.message };
      return { kind: 'refused', reason: `the device rules of container ${container} cannot be made to allow ${number}: ${(error as Error).message}` };
    }
  }

  /** Revokes what an earlier instance allowed, unless a link of this one needs it. */
  revokeLeft(consumer: Pin, container: string, number: string): void {
    allOf([...(deviceGroups(consumer.pid, container) ?? [])].reverse(), (group) => {
      if (!this.#needed.has(keyOf(group, number)) && group.allowed(number) !== 'covered') group.revoke(number);
    });
  }

  /** Whether there is something to give back. */
  #take(group: DeviceGroup, number: string): boolean {
    const key = keyOf(group, number);
    const needed = this.#needed.get(key) ?? 0;
    const allowed = group.allowed(number);
    if (allowed === 'covered' && needed === 0) return false;
    if (allowed === 'absent') group.allow(number);
    this.#needed.set(key, needed + 1);
    return true;
  }

  #release(group: DeviceGroup, number: string): void {
    const key = keyOf(group, number);
    const needed = (this.#needed.get(key) ?? 1) - 1;
    if (needed > 0) {
      this.#needed.set(key, needed);
      return;
    }
    this.#needed.delete(key);
    group.revoke(number);
  }
}

/** Each is tried; the first failure is thrown at the end. */
function allOf(groups: readonly DeviceGroup[], work: (group: DeviceGroup) => void): void {
  const failures: unknown[] = [];
  for (const group of groups) {
    try {
      work(group);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

const keyOf = ({ directory }: DeviceGroup, number: string): string => `${directory} ${number}`;
