/**
 * Unix sockets, made the way Node's `net` cannot: with the right mode from the first moment, and to abstract
 * names of exact length. Descriptors are close-on-exec and non-blocking, for `net.Server.listen({fd})` and
 * `new net.Socket({fd})`. `listenUnix` is not for worker threads: the umask belongs to the process.
 */
import { lchownSync } from 'node:fs';
import { constants as os } from 'node:os';
import koffi from 'koffi';
import { closeFd, fchmod } from './fd.ts';
import { SystemError } from './errors.ts';
import { check, cString, libc } from './libc.ts';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
// SOCK_NONBLOCK and SOCK_CLOEXEC are O_NONBLOCK and O_CLOEXEC; these values are those of x86, Arm and RISC-V.
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
/** sun_path, and the NUL that ends a path in it. */
const pathBytes = 108;

const socketCall: (domain: number, type: number, protocol: number) => number = libc.func('socket', 'int', ['int', 'int', 'int']);
const bindCall: (fd: number, address: Buffer, length: number) => number = libc.func('bind', 'int', ['int', 'void *', 'unsigned int']);
const listenCall: (fd: number, backlog: number) => number = libc.func('listen', 'int', ['int', 'int']);
const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
const socketpairCall: (domain: number, type: number, protocol: number, pair: Int32Array) => number = libc.func('socketpair', 'int', ['int', 'int', 'int', 'void *']);
const setsockoptCall: (fd: number, level: number, option: number, value: Int32Array, length: number) => number = libc.func('setsockopt', 'int', ['int', 'int', 'int', 'void *', 'unsigned int']);
const shutdownCall: (fd: number, how: number) => number = libc.func('shutdown', 'int', ['int', 'int']);
const accept4Call: (fd: number, address: number, length: number, flags: number) => number = libc.func('accept4', 'int', ['int', 'uintptr_t', 'uintptr_t', 'int']);
const connectCall: (fd: number, address: Buffer, length: number) => number = libc.func('connect', 'int', ['int', 'void *', 'unsigned int']);

export interface ListenOptions {
  /** Permission bits, exact: the process's umask does not apply. */
  readonly mode: number;
  /** Owner and group; only where nobody else can write the directory, since they are set by name after bind. */
  readonly uid?: number;
  readonly gid?: number;
  readonly backlog?: number;
  /** Missing: `stream`. */
  readonly type?: SocketType;
}

/**
 * A listening socket at `path`, at most 107 bytes; a longer one goes through `/proc/self/fd/<directory>/<name>`.
 * Nobody can connect before mode and owner are right. Throws SystemError: EADDRINUSE when anything is there.
 */
export function listenUnix(path: string, { mode, uid, gid, backlog = 511, type = 'stream' }: ListenOptions): number {
  const address = pathAddress(path, 'bind');
  return withSocket((fd) => {
    // bind() creates the file with the socket inode's mode less the umask.
    fchmod(fd, mode);
    withUmaskFor(mode, () => check(bindCall(fd, address, address.length), 'bind', path));
    if (uid !== undefined || gid !== undefined) lchownSync(path, uid ?? -1, gid ?? -1);
    check(listenCall(fd, backlog), 'listen', path);
  }, type);
}

/**
 * Whether somebody listens at `path`, of any socket type, or the socket is left over from a process that ended. A
 * listener sees one connection that closes at once. Throws SystemError: ENOENT, EACCES, ...
 */
export function hasListener(path: string): boolean {
  const address = pathAddress(path, 'connect');
  const fd = openSocket();
  try {
    if (connectCall(fd, address, address.length) === 0) return true;
    const errno = koffi.errno();
    if (errno === os.errno.ECONNREFUSED) return false;
    // A full backlog, or a socket of another type: somebody is there.
    if (errno === os.errno.EAGAIN || errno === os.errno.EPROTOTYPE) return true;
    throw new SystemError(errno, 'connect', path);
  } finally {
    closeFd(fd);
  }
}

/** Connected to the abstract name (without its leading NUL). Throws SystemError: ECONNREFUSED when nobody listens, EAGAIN when its backlog is full. */
export function connectAbstract(name: string): number {
  const bytes = Buffer.from(name);
  if (bytes.length === 0 || bytes.length >= pathBytes) throw new SystemError(os.errno.EINVAL, 'connect', `@${name}`);
  const address = Buffer.concat([family(), Buffer.from([0]), bytes]);
  return withSocket((fd) => check(connectCall(fd, address, address.length), 'connect', `@${name}`));
}

export type SocketType = 'stream' | 'seqpacket';
const socketTypes: Readonly<Record<SocketType, number>> = { stream: SOCK_STREAM, seqpacket: 5 };

/** Not connected. Throws SystemError: EMFILE. */
export function openSocket(type: SocketType = 'stream'): number {
  return check(socketCall(AF_UNIX, socketTypes[type] | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), 'socket');
}

/** Two connected packet sockets. `queueBytes`: what one may send before the other reads, the kernel's own bookkeeping included. Throws SystemError: EPERM. */
export function packetPair(queueBytes: number): readonly [number, number] {
  const pair = new Int32Array(2);
  check(socketpairCall(AF_UNIX, socketTypes.seqpacket | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 'socketpair');
  const [a = -1, b = -1] = pair;
  for (const fd of pair) check(setsockoptCall(fd, SOL_SOCKET, SO_SNDBUFFORCE, Int32Array.of(queueBytes), 4), 'setsockopt');
  return [a, b];
}

/** 0, or a negative errno: ECONNREFUSED nobody listens there (or it is no socket), EAGAIN its backlog is full, EPROTOTYPE another type. */
export function connectUnix(fd: number, path: string): number {
  const address = pathAddress(path, 'connect');
  return connectCall(fd, address, address.length) === 0 ? 0 : -koffi.errno();
}

/** A connected descriptor, or a negative errno: EAGAIN nobody waits, EMFILE, ... */
export function acceptUnix(fd: number): number {
  const accepted = accept4Call(fd, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
  return accepted >= 0 ? accepted : -koffi.errno();
}

/** The other side's writes fail from now on (EPIPE). A socket whose other side is gone stays as it is. */
export function shutdownRead(fd: number): void {
  shutdownCall(fd, 0);
}

/** The other side reads end of stream after what it has not read yet. */
export function shutdownWrite(fd: number): void {
  shutdownCall(fd, 1);
}

function withSocket(prepare: (fd: number) => void, type: SocketType = 'stream'): number {
  const fd = openSocket(type);
  try {
    prepare(fd);
    return fd;
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

/** Synchronous, so that no other JavaScript runs under the changed umask; untouched when it takes nothing from `mode`. */
function withUmaskFor(mode: number, work: () => void): void {
  const umask = process.umask();
  if ((umask & mode) === 0) return work();
  process.umask(umask & ~mode);
  try {
    work();
  } finally {
    process.umask(umask);
  }
}

function pathAddress(path: string, syscall: string): Buffer {
  const bytes = Buffer.from(cString(path, syscall));
  if (bytes.length === 0) throw new SystemError(os.errno.EINVAL, syscall, path);
  if (bytes.length >= pathBytes) throw new SystemError(os.errno.ENAMETOOLONG, syscall, path);
  return Buffer.concat([family(), bytes, Buffer.from([0])]);
}

/** sa_family_t is a 16-bit number in the machine's byte order. */
function family(): Buffer {
  return Buffer.from(new Uint16Array([AF_UNIX]).buffer);
}
