/** Bytes in and out of descriptors. */
import { ESUCCESS, fd_read, fd_write } from './wasi';

const iovec = memory.data(8, 4);
const passed = memory.data(4, 4);

/** Writes all of it; the errno. */
export function writeAll(fd: i32, bytes: ArrayBuffer, write: (fd: i32, iovecs: usize, count: i32, written: usize) => i32 = fd_write): i32 {
  for (let at = 0; at < bytes.byteLength; at += load<u32>(passed)) {
    pointTo(bytes, at);
    const errno = write(fd, iovec, 1, passed);
    if (errno !== ESUCCESS) return errno;
  }
  return ESUCCESS;
}

/** Reads into what `buffer` has after `from`: how many bytes came, 0 at the end; an errno is a negative number. */
export function read(fd: i32, buffer: ArrayBuffer, from: i32 = 0): i32 {
  pointTo(buffer, from);
  const errno = fd_read(fd, iovec, 1, passed);
  return errno === ESUCCESS ? load<u32>(passed) : -errno;
}

function pointTo(bytes: ArrayBuffer, from: i32): void {
  store<usize>(iovec, changetype<usize>(bytes) + from);
  store<u32>(iovec, bytes.byteLength - from, 4);
}
