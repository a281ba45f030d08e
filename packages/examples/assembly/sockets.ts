/** Unix sockets, as WasmEdge offers them. Paths are those of the container, whatever directories the module is given. */
import { writeAll } from './io';
import { AF_UNIX, ENAMETOOLONG, ESUCCESS, fd_close, SOCK_STREAM, sock_accept, sock_bind, sock_connect, sock_listen, sock_open, sock_send } from './wasi';

const LONGEST_PATH = 107;

/** A descriptor; an errno is a negative number. */
export function connect(path: string): i32 {
  return opened(path, (fd, address) => sock_connect(fd, address, 0));
}

/** A descriptor to accept from; an errno is a negative number. */
export function listen(path: string): i32 {
  return opened(path, (fd, address) => {
    const errno = sock_bind(fd, address, 0);
    return errno === ESUCCESS ? sock_listen(fd, 16) : errno;
  });
}

/** Waits for the next connection: its descriptor, or an errno as a negative number. */
export function accept(listener: i32): i32 {
  const errno = sock_accept(listener, 0, descriptor);
  return errno === ESUCCESS ? load<i32>(descriptor) : -errno;
}

/** Sends all of it; the errno. A plain write would be the program's end when the other side is gone: SIGPIPE. */
export function send(fd: i32, bytes: ArrayBuffer): i32 {
  return writeAll(fd, bytes, (fd, iovecs, count, sent) => sock_send(fd, iovecs, count, 0, sent));
}

const descriptor = memory.data(4, 4);
const address = memory.data(8, 4);
/** The family, and the path with a NUL. */
const storage = memory.data(128, 4);

function opened(path: string, use: (fd: i32, address: usize) => i32): i32 {
  if (String.UTF8.byteLength(path) > LONGEST_PATH) return -ENAMETOOLONG;
  let errno = sock_open(AF_UNIX, SOCK_STREAM, descriptor);
  if (errno !== ESUCCESS) return -errno;
  const fd = load<i32>(descriptor);
  store<u16>(storage, AF_UNIX);
  String.UTF8.encodeUnsafe(changetype<usize>(path), path.length, storage + 2, true);
  store<usize>(address, storage);
  store<u32>(address, 128, 4);
  errno = use(fd, address);
  if (errno === ESUCCESS) return fd;
  fd_close(fd);
  return -errno;
}
