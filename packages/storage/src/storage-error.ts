/** Something a user can mend: which file, what in it, and what to do. */
export class StorageError extends Error {
  override readonly name = 'StorageError';

  /** `where`: an export's file name, with a member or a JSON path when there is one. */
  constructor(where: string, what: string, next: string, options?: ErrorOptions) {
    super(`${where}: ${what}; ${next}`, options);
  }
}

const texts: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ['no space left on the storage', 'free some space or use a larger storage'],
  EDQUOT: ['the quota of the storage is used up', 'free some space or raise the quota'],
  EROFS: ['the storage is read-only', 'mount it read-write'],
  ENAMETOOLONG: ['is too long for a file name', 'rename it'],
};

/** A system error while `where` was handled, in words; other errors keep theirs. */
export function asStorageError(where: string, error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const [what, next] = texts[code] ?? [message, 'see the message and try again'];
  return new StorageError(where, what, next, { cause: error });
}
