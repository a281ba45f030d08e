/** Small text files in the directories that a module is given. */
import { read, writeAll } from './io';
import { EBADF, ENOENT, ESUCCESS, fd_close, fd_prestat_dir_name, fd_prestat_get, fd_sync, path_open, path_rename } from './wasi';

const FIRST_PREOPEN = 3;
const CREATE_AND_EMPTY = 1 | 8;
const RIGHT_READ: i64 = 2;
const RIGHTS_WRITE: i64 = 64 | 16;
const LARGEST = 4096;

/** The first 4 KiB of it, or null when it cannot be read. */
export function readText(directory: i32, name: string): string | null {
  if (open(directory, name, 0, RIGHT_READ) !== ESUCCESS) return null;
  const fd = load<i32>(opened);
  const buffer = new ArrayBuffer(LARGEST);
  const length = read(fd, buffer);
  fd_close(fd);
  return length < 0 ? null : String.UTF8.decode(buffer.slice(0, length));
}

/** The old text or the new one, whenever the power fails; the errno. */
export function replaceText(directory: i32, name: string, text: string): i32 {
  const fresh = name + '.new';
  let errno = open(directory, fresh, CREATE_AND_EMPTY, RIGHTS_WRITE);
  if (errno !== ESUCCESS) return errno;
  const fd = load<i32>(opened);
  errno = writeAll(fd, String.UTF8.encode(text));
  if (errno === ESUCCESS) errno = fd_sync(fd);
  fd_close(fd);
  return errno === ESUCCESS ? rename(directory, fresh, name) : errno;
}

/** The descriptor of a directory by the path that the module sees, or a negative number: it was given none. */
export function preopened(path: string): i32 {
  for (let fd = FIRST_PREOPEN; fd_prestat_get(fd, prestat) !== EBADF; fd++) {
    const name = new ArrayBuffer(load<u32>(prestat, 4));
    if (fd_prestat_dir_name(fd, changetype<usize>(name), name.byteLength) === ESUCCESS && isName(String.UTF8.decode(name), path)) return fd;
  }
  return -ENOENT;
}

/** WasmEdge tells `/data` as `data`. */
function isName(told: string, path: string): bool {
  return told === path || '/' + told === path;
}

const opened = memory.data(4, 4);
const prestat = memory.data(8, 4);

function open(directory: i32, name: string, flags: i32, rights: i64): i32 {
  const path = String.UTF8.encode(name);
  return path_open(directory, 0, changetype<usize>(path), path.byteLength, flags, rights, rights, 0, opened);
}

function rename(directory: i32, from: string, to: string): i32 {
  const old = String.UTF8.encode(from);
  const fresh = String.UTF8.encode(to);
  return path_rename(directory, changetype<usize>(old), old.byteLength, directory, changetype<usize>(fresh), fresh.byteLength);
}
