/**
 * A listening socket that no path leads to: only who holds one of its two descriptors, or gets one passed, can reach it.
 * Unlike an abstract name it is in no namespace that others share. It is gone with its descriptors.
 */
import { chmodSync, constants, openSync } from 'node:fs';
import { errorCode } from './errors.ts';
import { closeFd } from './fd.ts';
import { O_PATH, openat2, resolveFlags, unlinkAt } from './openat.ts';
import { listenUnix } from './socket.ts';

export interface HiddenSocket {
  readonly listenFd: number;
  /** `O_PATH`: connected to at `/proc/self/fd/<pathFd>`, by any user that has it. */
  readonly pathFd: number;
}

/**
 * `directory`: where nobody else may write; the socket is there for a moment only. Not twice at a time in one process.
 * Throws SystemError, and Node's errors for the directory.
 */
export function listenHidden(directory: string, backlog: number): HiddenSocket {
  const directoryFd = openSync(directory, O_PATH | constants.O_DIRECTORY);
  try {
    return bindAndUnlink(directoryFd, `hidden-${process.pid}`, backlog);
  } finally {
    closeFd(directoryFd);
  }
}

function bindAndUnlink(directoryFd: number, name: string, backlog: number): HiddenSocket {
  removeLeftOver(directoryFd, name);
  // A mode that no umask takes from: the umask is not a worker thread's to change.
  const listenFd = listenUnix(`/proc/self/fd/${directoryFd}/${name}`, { mode: 0o600, backlog });
  try {
    const pathFd = openat2(directoryFd, name, { flags: O_PATH | constants.O_NOFOLLOW, resolve: resolveFlags.BENEATH });
    chmodSync(`/proc/self/fd/${pathFd}`, 0o666);
    return { listenFd, pathFd };
  } catch (error) {
    closeFd(listenFd);
    throw error;
  } finally {
    unlinkAt(directoryFd, name);
  }
}

/** Of a process that was killed at the wrong moment. */
function removeLeftOver(directoryFd: number, name: string): void {
  try {
    unlinkAt(directoryFd, name);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}
