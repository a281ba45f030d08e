/**
 * Files below a directory descriptor. `openInRoot` and `openParentInRoot` resolve a path as a process with that root
 * would: absolute symlinks and `..` stay inside, magic links (/proc/<pid>/root) are refused. What they return may be
 * renamed or replaced at any moment by whoever owns that tree; only the descriptor stays what it was.
 * They can block as long as the filesystem looked into blocks: see hanging.ts. openat2 is Linux 5.6, one number everywhere.
 */
import { constants } from 'node:fs';
import { constants as os } from 'node:os';
import koffi from 'koffi';
import { closeFd } from './fd.ts';
import { errorCode, SystemError } from './errors.ts';
import { check, cString, entryName, libc } from './libc.ts';

export const resolveFlags = { NO_XDEV: 0x01, NO_MAGICLINKS: 0x02, NO_SYMLINKS: 0x04, BENEATH: 0x08, IN_ROOT: 0x10, /** EAGAIN rather than asking the file system. Linux 5.12; before, EINVAL. */ CACHED: 0x20 } as const;

// The same on every architecture we run on; O_DIRECTORY and O_NOFOLLOW differ and come from Node.
export const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;

const SYS_openat2 = 437;
const openHow = koffi.struct({ flags: 'uint64_t', mode: 'uint64_t', resolve: 'uint64_t' });
const openat2Call: (call: number, dirFd: number, path: string, how: object, size: number) => number = libc.func(
  'syscall', 'long', ['long', 'int', 'str', koffi.pointer(openHow), 'size_t'],
);
const mkdiratCall: (dirFd: number, name: string, mode: number) => number = libc.func('mkdirat', 'int', ['int', 'str', 'unsigned int']);
const unlinkatCall: (dirFd: number, name: string, flags: number) => number = libc.func('unlinkat', 'int', ['int', 'str', 'int']);

/** The kernel gives up with EAGAIN when something is renamed while it walks over `..`; a hostile tree could do so for ever. */
const maxRaces = 16;
const directoryMode = 0o755;

export interface OpenHow {
  readonly flags: number;
  readonly mode?: number;
  /** Of `resolveFlags`. */
  readonly resolve: number;
}

/** Close-on-exec always. Throws SystemError. */
export function openat2(dirFd: number, path: string, { flags, mode = 0, resolve }: OpenHow): number {
  const how = { flags: flags | O_CLOEXEC, mode, resolve };
  for (let races = 0; ; races++) {
    const fd = openat2Call(SYS_openat2, dirFd, cString(path, 'openat2'), how, koffi.sizeof(openHow));
    if (fd >= 0) return fd;
    const errno = koffi.errno();
    if (errno !== os.errno.EAGAIN || races >= maxRaces || (resolve & resolveFlags.CACHED) !== 0) throw new SystemError(errno, 'openat2', path);
  }
}

/** `path` inside the root that `rootFd` is. Opening what a container made: use `O_PATH`, since a FIFO would block. */
export function openInRoot(rootFd: number, path: string, flags: number): number {
  return openat2(rootFd, path, { flags, resolve: resolveFlags.IN_ROOT | resolveFlags.NO_MAGICLINKS });
}

/**
 * The directory that holds `path`, as an `O_PATH` descriptor, and the last component's name, not looked at.
 * `create`: missing directories are made, mode 0755 less the umask; those made stay when a later one fails.
 * Throws SystemError: EINVAL for a path that is not absolute or ends in `/`, `.` or `..`.
 */
export function openParentInRoot(rootFd: number, path: string, { create }: { create: boolean }): { fd: number; name: string } {
  if (!path.startsWith('/')) throw new SystemError(os.errno.EINVAL, 'openat2', path);
  const slash = path.lastIndexOf('/');
  const name = entryName(path.slice(slash + 1), 'openat2');
  const parent = path.slice(0, slash) || '/';
  try {
    return { fd: openDirectory(rootFd, parent), name };
  } catch (error) {
    if (!create || errorCode(error) !== 'ENOENT') throw error;
    return { fd: makeDirectories(rootFd, parent), name };
  }
}

/** The entry itself as an `O_PATH` descriptor, a symlink not followed; undefined: there is none. Throws SystemError. */
export function openEntry(dirFd: number, name: string): number | undefined {
  try {
    return openat2(dirFd, entryName(name, 'openat2'), { flags: O_PATH | constants.O_NOFOLLOW, resolve: resolveFlags.BENEATH });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function openDirectory(rootFd: number, path: string): number {
  return openInRoot(rootFd, path, O_PATH | constants.O_DIRECTORY);
}

/** Each prefix is resolved from the root anew, so that an absolute symlink on the way stays inside. */
function makeDirectories(rootFd: number, path: string): number {
  let directory = openDirectory(rootFd, '/');
  let prefix = '';
  for (const part of path.split('/').filter((text) => text !== '')) {
    prefix += `/${part}`;
    const parent = directory;
    try {
      directory = openOrMake(rootFd, parent, prefix, part);
    } finally {
      closeFd(parent);
    }
  }
  return directory;
}

function openOrMake(rootFd: number, parent: number, prefix: string, name: string): number {
  try {
    return openDirectory(rootFd, prefix);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  try {
    mkdirAt(parent, name, directoryMode);
  } catch (error) {
    // EEXIST: made by another, or a dangling symlink, which the next open refuses.
    if (errorCode(error) !== 'EEXIST') throw error;
  }
  return openDirectory(rootFd, prefix);
}

/** Throws SystemError: EEXIST, EROFS, ... */
export function mkdirAt(dirFd: number, name: string, mode: number): void {
  check(mkdiratCall(dirFd, entryName(name, 'mkdirat'), mode), 'mkdirat', name);
}

/** Not for directories. Throws SystemError: ENOENT, EISDIR, ... */
export function unlinkAt(dirFd: number, name: string): void {
  check(unlinkatCall(dirFd, entryName(name, 'unlinkat'), 0), 'unlinkat', name);
}
