/** pipe2(2): both ends close-on-exec and blocking. */
import { check, libc } from './libc.ts';

const O_CLOEXEC = 0o2000000;

const pipe2: (ends: Int32Array, flags: number) => number = libc.func('pipe2', 'int', ['void *', 'int']);

/** The read end hangs up once no write end is open anywhere. Throws SystemError: EMFILE. */
export function openPipe(): { readonly readFd: number; readonly writeFd: number } {
  const ends = new Int32Array(2);
  check(pipe2(ends, O_CLOEXEC), 'pipe2');
  const [readFd = -1, writeFd = -1] = ends;
  return { readFd, writeFd };
}
