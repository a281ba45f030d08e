/**
 * One pv-xconnect per run directory: whoever holds the lock of `<run>/xconnect` manages the mesh. The kernel gives the
 * lock back however its holder ends, so a killed one blocks nobody. Only root can come here: directory 0700, socket 0600.
 */
import { constants, existsSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '@pv/pv-native/errors';
import { closeFd } from '@pv/pv-native/fd';
import { tryLock } from '@pv/pv-native/lock';
import { listenUnix } from '@pv/pv-native/socket';

export type Claim =
  /** `fd` listens; `release` takes the socket away and gives the lock back. */
  | { readonly kind: 'ours'; readonly fd: number; release(): void }
  | { readonly kind: 'taken' }
  | { readonly kind: 'impossible'; readonly reason: string };

export function claimInstance(socketPath: string): Claim {
  const directory = dirname(socketPath);
  try {
    return claim(directory, socketPath);
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    return { kind: 'impossible', reason: reasonOf(directory, code, (error as Error).message) };
  }
}

function claim(directory: string, socketPath: string): Claim {
  makeDirectory(directory);
  const lock = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  if (!tryLock(lock)) {
    closeFd(lock);
    return { kind: 'taken' };
  }
  // Left over from an instance that was killed: the lock says that nobody is behind it.
  rmSync(socketPath, { force: true });
  const fd = listenUnix(socketPath, { mode: 0o600 });
  return {
    kind: 'ours',
    fd,
    release: () => {
      rmSync(socketPath, { force: true });
      closeFd(lock);
    },
  };
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

function reasonOf(directory: string, code: string, message: string): string {
  // Below /proc that is the answer too where the directory is there.
  if (code === 'ENOENT' && !existsSync(dirname(directory))) return `the run directory ${dirname(directory)} does not exist. Start pv-appengine, or name another with PV_SYSTEM_RUNDIR.`;
  if (code === 'EACCES' || code === 'EPERM') return `${directory}: permission denied. Run it as root.`;
  return `${dirname(directory)} cannot be the run directory: ${message}. Name another with PV_SYSTEM_RUNDIR.`;
}
