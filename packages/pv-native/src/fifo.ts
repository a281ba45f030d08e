/** mkfifo(3). The path is ours; permission bits are taken through the umask. */
import { check, cString, libc } from './libc.ts';

const mkfifo = libc.func('int mkfifo(const char *path, unsigned int mode)');

/** Throws SystemError: EEXIST when anything is there. */
export function makeFifo(path: string, mode: number): void {
  check(mkfifo(cString(path, 'mkfifo'), mode) as number, 'mkfifo', path);
}
