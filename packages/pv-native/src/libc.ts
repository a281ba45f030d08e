/**
 * The C library that this process already has, and how its failures become exceptions. Synchronous calls only.
 * It does not check what a path or a descriptor means; that is each caller's file.
 */
import { constants } from 'node:os';
import koffi from 'koffi';
import { SystemError } from './errors.ts';

export const libc = koffi.load(null);

/** `result` when it is not negative, else throws the errno that the call on this thread left. */
export function check(result: number, syscall: string, subject?: string | number): number {
  if (result >= 0) return result;
  throw new SystemError(koffi.errno(), syscall, subject === undefined ? undefined : String(subject));
}

/** A string as C sees it whole: one with a NUL inside would silently name something else. */
export function cString(text: string, syscall: string): string {
  if (text.includes('\0')) throw new SystemError(constants.errno.EINVAL, syscall, JSON.stringify(text));
  return text;
}

/** A name within one directory: never a path. */
export function entryName(name: string, syscall: string): string {
  if (name === '' || name === '.' || name === '..' || name.includes('/')) throw new SystemError(constants.errno.EINVAL, syscall, name);
  return cString(name, syscall);
}
