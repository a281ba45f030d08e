/** The directories that the configuration names. */
import { makeDirectories } from '@pv/runtime/directories';

/** Makes it if it is missing. Throws with the reason and the next step; `key` names it in the configuration. */
export function needDirectory(path: string, key: 'PV_SYSTEM_RUNDIR' | 'PV_STORAGE_MNTPOINT'): void {
  try {
    makeDirectories(path);
  } catch (cause) {
    throw new Error(`${(cause as Error).message}; name another directory with ${key}`, { cause });
  }
}
