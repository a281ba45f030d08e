/** A version 1 control group: the kernel keeps a list, and takes rules one by one. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '@pv/pv-native/errors';
import type { Allowed, DeviceGroup } from './device-group.ts';
import { allowedBy, deviceRule } from './rule-list.ts';

export class GroupWithList implements DeviceGroup {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  allowed(number: string): Allowed {
    return allowedBy(readFileSync(join(this.directory, 'devices.list'), 'latin1'), number);
  }

  allow(number: string): void {
    writeFileSync(join(this.directory, 'devices.allow'), deviceRule(number));
  }

  revoke(number: string): void {
    try {
      writeFileSync(join(this.directory, 'devices.deny'), deviceRule(number));
    } catch (error) {
      // The group has gone with its container.
      if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENODEV') throw error;
    }
  }
}
