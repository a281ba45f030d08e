/** What a failed system call throws: the same `code` and `syscall` as Node's own errors, and a positive `errno`. */
import { getSystemErrorMap, getSystemErrorName } from 'node:util';

export class SystemError extends Error {
  /** Symbolic name, `ENOENT`. */
  readonly code: string;
  /** Positive, as in errno.h of this architecture. */
  readonly errno: number;
  readonly syscall: string;

  constructor(errno: number, syscall: string, subject?: string) {
    const code = getSystemErrorName(-errno);
    super(`${code}: ${errnoText(errno)}, ${syscall}${subject === undefined ? '' : ` '${subject}'`}`);
    this.name = 'SystemError';
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
  }
}

/** The sentence of an errno (positive or, as in Node's errors, negative), first letter upper case as strerror() has it. */
export function errnoText(errno: number): string {
  const text = getSystemErrorMap().get(-Math.abs(errno))?.[1] ?? `unknown error ${Math.abs(errno)}`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The symbolic code of a thrown value, Node's or ours; undefined when it is no system error. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Whether descriptors or memory ran out here: such a failure says nothing of what was looked at. */
export function isExhausted(error: unknown): boolean {
  return ['EMFILE', 'ENFILE', 'ENOMEM'].includes(errorCode(error) ?? '');
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
