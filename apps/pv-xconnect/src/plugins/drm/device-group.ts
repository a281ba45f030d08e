/** A control group that has a say in which devices a container may open. */
import { errorCode, messageOf } from '@pv/pv-native/errors';

/**
 * `covered`: allowed by a rule of somebody else; `ours`: by a rule exactly as this program writes it, which an
 * earlier run may have left; `absent`: not allowed.
 */
export type Allowed = 'covered' | 'ours' | 'absent';

export interface DeviceGroup {
  /** Of the group, in the file system. */
  readonly directory: string;
  /** `number`: `226:0`, for reading and writing; so in the others. */
  allowed(number: string): Allowed;
  /** Throws `Unchangeable` where its rules are what they are, and may allow it or not. */
  allow(number: string): void;
  /** Of a group that has gone meanwhile, too. */
  revoke(number: string): void;
}

export class Unchangeable extends Error {
  /** As of a system call. */
  readonly code: string;

  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
    this.code = errorCode(cause) ?? 'ENOTSUP';
  }
}
