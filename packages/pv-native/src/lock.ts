/** flock(2): a lock that the kernel gives back when its holder ends, however it ends. It binds only those who ask for it. */
import { constants } from 'node:os';
import koffi from 'koffi';
import { SystemError } from './errors.ts';
import { libc } from './libc.ts';

const LOCK_EX = 2;
const LOCK_NB = 4;

const flock: (fd: number, operation: number) => number = libc.func('flock', 'int', ['int', 'int']);

/** Takes the exclusive lock of an open file or directory (not `O_PATH`) until the descriptor is closed; false: somebody else holds it. */
export function tryLock(fd: number): boolean {
  if (flock(fd, LOCK_EX | LOCK_NB) === 0) return true;
  const errno = koffi.errno();
  if (errno === constants.errno.EAGAIN) return false;
  throw new SystemError(errno, 'flock');
}
