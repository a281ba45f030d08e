/** Whether a path of a pinned container may be looked up at all. */
import { errorCode } from '@pv/pv-native/errors';
import { hangRisk } from '@pv/pv-native/hanging';
import type { Pin } from './pin.ts';

/** Why not; undefined: it may, or the container has just ended, which the look-up itself will tell. The host's own paths are not doubted. */
export function hangReason(pin: Pick<Pin, 'pid' | 'rootFd'> | undefined, path: string): string | undefined {
  if (pin === undefined || pin.pid === 0) return undefined;
  try {
    return hangRisk(pin, path);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}
