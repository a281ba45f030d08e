/**
 * Lets a container open one device, and takes that back. Only what was not allowed is allowed, for reading and writing
 * and not for making nodes; only what was allowed here is revoked, when the last link that needs it has gone. Programs
 * that have the device open keep it: the kernel looks at the rules when a device is opened.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '@pv/pv-native/errors';
import type { Pin } from '../../links/pin.ts';
import { deviceGroups } from './device-groups.ts';
import { allowedBy, deviceRule } from './rule-list.ts';

export type RuleResult =
  | { readonly kind: 'allowed'; release(): void }
  /** It has no version 1 device groups of its own: nothing was changed. */
  | { readonly kind: 'container decides' }
  | { readonly kind: 'refused'; readonly reason: string };

export class DeviceRules {
  /** Links that need a rule of ours, by directory and rule. */
  readonly #needed = new Map<string, number>();

  /** `number`: `226:0`. */
  allow(consumer: Pin, container: string, number: string): RuleResult {
    const taken: string[] = [];
    const release = (): void => {
      for (const directory of taken.reverse()) this.#release(directory, number);
    };
    try {
      const directories = deviceGroups(consumer.pid, container);
      if (directories === undefined) return { kind: 'container decides' };
      for (const directory of directories) if (this.#take(directory, number)) taken.push(directory);
      return { kind: 'allowed', release };
    } catch (error) {
      release();
      return { kind: 'refused', reason: `the device rules of container ${container} cannot be made to allow ${number}: ${(error as Error).message}` };
    }
  }

  /** Revokes what an earlier instance allowed, unless a link of this one needs it. */
  revokeLeft(consumer: Pin, container: string, number: string): void {
    for (const directory of [...(deviceGroups(consumer.pid, container) ?? [])].reverse()) {
      if (!this.#needed.has(`${directory} ${number}`) && allowedBy(readFileSync(join(directory, 'devices.list'), 'latin1'), number) === 'ours') deny(directory, number);
    }
  }

  /** Whether there is something to give back. */
  #take(directory: string, number: string): boolean {
    const key = `${directory} ${number}`;
    const needed = this.#needed.get(key) ?? 0;
    const allowed = allowedBy(readFileSync(join(directory, 'devices.list'), 'latin1'), number);
    if (allowed === 'covered' && needed === 0) return false;
    if (allowed === 'absent') writeFileSync(join(directory, 'devices.allow'), deviceRule(number));
    this.#needed.set(key, needed + 1);
    return true;
  }

  #release(directory: string, number: string): void {
    const key = `${directory} ${number}`;
    const needed = (this.#needed.get(key) ?? 1) - 1;
    if (needed > 0) {
      this.#needed.set(key, needed);
      return;
    }
    this.#needed.delete(key);
    deny(directory, number);
  }
}

function deny(directory: string, number: string): void {
  try {
    writeFileSync(join(directory, 'devices.deny'), deviceRule(number));
  } catch (error) {
    // The group has gone with its container.
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENODEV') throw error;
  }
}
