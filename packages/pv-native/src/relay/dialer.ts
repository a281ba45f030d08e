/**
 * Connects to a provider's socket through its pinned root. What is connected to is the very object that the path led to
 * inside that root, so swapping the path afterwards changes nothing; a path never leads out of the root. Who listens there
 * is the provider's business. Synchronous: a connect to a unix socket is over when the call returns.
 */
import { constants as files } from 'node:fs';
import { constants } from 'node:os';
import { arch } from 'node:process';
import koffi from 'koffi';
import { errnoText, errorCode, SystemError } from '../errors.ts';
import { closeFd, statFd } from '../fd.ts';
import { hangRisk } from '../hanging.ts';
import { libc } from '../libc.ts';
import { O_PATH, resolveFlags } from '../openat.ts';
import { pidOf } from '../pidfd.ts';
import { Scratch } from '../scratch.ts';
import { openSocket } from '../socket.ts';
import { withThreadIds } from '../thread-ids.ts';
import type { RelayLink, RelayProvider } from './link.ts';

export type Reached =
  | { readonly kind: 'connected'; readonly fd: number }
  | { readonly kind: 'absent'; readonly reason: string }
  /** Worth another try: `reason` if that fails too. */
  | { readonly kind: 'busy'; readonly reason: string };

const { EAGAIN, ECONNREFUSED, EINVAL, EMFILE, ENFILE, EPROTOTYPE } = constants.errno;
/** The kernel does not know without asking the file system, or does not know CACHED. */
const unanswered: readonly number[] = [EAGAIN, EINVAL];
const O_CLOEXEC = 0o2000000;
const AF_UNIX = 1;
const SYS_openat2 = 437;
const AT_EMPTY_PATH = 0x1000;
const AT_STATX_DONT_SYNC = 0x4000;
const STATX_INO = 0x100;
const STATX_ATTR_MOUNT_ROOT = 0x2000;
const statxNumbers: Readonly<Record<string, number>> = { x64: 332, arm64: 291, arm: 397 };
const SYS_statx = statxNumbers[arch] ?? 0;

// With plain numbers: this is done for every connection.
const openat2: (call: number, dirFd: number, path: number, how: number, size: number) => number = libc.func('syscall', 'long', ['long', 'int', 'uintptr_t', 'uintptr_t', 'size_t']);
const statx: (call: number, fd: number, path: number, flags: number, mask: number, result: number) => number = libc.func('syscall', 'long', ['long', 'int', 'uintptr_t', 'int', 'unsigned int', 'uintptr_t']);
const connect: (fd: number, address: number, length: number) => number = libc.func('connect', 'int', ['int', 'uintptr_t', 'unsigned int']);

/** struct open_how: three 64-bit words. struct sockaddr_un: two bytes and a path. struct statx: 256 bytes, of which attributes, inode and device count. An empty path. */
const at = { how: 0, address: 24, stat: 136, nothing: 392, path: 400 };
const statxAttributes = 8;
const statxInode = 32;
const statxDevice = { major: 136, minor: 140 };
const howBytes = 24;
const procFd = Buffer.from('/proc/self/fd/');

export class Dialer {
  readonly #link: RelayLink;
  readonly #scratch: Scratch;
  readonly #ownInode: bigint;
  /** The last file system that was found to be no risk: of which process, and its device. */
  #judged: { readonly provider: RelayProvider; readonly major: number; readonly minor: number } | undefined;

  constructor(link: RelayLink) {
    const path = Buffer.from(link.path);
    this.#link = link;
    this.#ownInode = BigInt(link.own.ino);
    this.#scratch = new Scratch(at.path + path.length + 1);
    const { view, bytes } = this.#scratch;
    view.setBigUint64(at.how, BigInt(O_PATH | O_CLOEXEC), true);
    view.setUint16(at.address, AF_UNIX, true);
    bytes.set(procFd, at.address + 2);
    this.#scratch.setText(at.path, path);
  }

  dial(provider: RelayProvider): Reached {
    let pathFd = this.#lookUp(provider, resolveFlags.CACHED);
    if (pathFd < 0 && unanswered.includes(koffi.errno())) {
      const risk = hangRiskOf(provider, this.#link.path);
      if (risk !== undefined) return { kind: 'absent', reason: risk };
      pathFd = this.#lookUp(provider, 0);
    }
    if (pathFd < 0) return failed(koffi.errno());
    try {
      this.#look(pathFd);
      const risk = this.#riskOf(provider);
      if (risk !== undefined) return { kind: 'absent', reason: risk };
      if (this.#isOwn(pathFd)) return { kind: 'absent', reason: 'it is the socket that was injected for this link' };
      return this.dialAt(pathFd, provider.connectAs);
    } finally {
      closeFd(pathFd);
    }
  }

  /** With CACHED nothing is asked of a file system that could keep this thread, and with it every session, waiting. */
  #lookUp({ rootFd }: RelayProvider, more: number): number {
    this.#scratch.view.setUint32(at.how + 16, resolveFlags.IN_ROOT | resolveFlags.NO_MAGICLINKS | more, true);
    return openat2(SYS_openat2, rootFd, this.#scratch.address(at.path), this.#scratch.address(at.how), howBytes);
  }

  /** The very socket that `pathFd` (`O_PATH`) is. */
  dialAt(pathFd: number, connectAs: RelayProvider['connectAs']): Reached {
    let socketFd: number | undefined;
    try {
      socketFd = openSocket(this.#link.socketType);
      const errno = this.#connect(socketFd, pathFd, connectAs);
      if (errno !== 0) return this.#refused(errno, pathFd);
      const fd = socketFd;
      socketFd = undefined;
      return { kind: 'connected', fd };
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      return failed(error.errno);
    } finally {
      if (socketFd !== undefined) closeFd(socketFd);
    }
  }

  /** Of a descriptor that is open, and asking no file system, this cannot fail. */
  #look(fd: number): void {
    statx(SYS_statx, fd, this.#scratch.address(at.nothing), AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, this.#scratch.address(at.stat));
  }

  /**
   * A file system whose names the kernel knows is still asked whether one may connect, and so is one that begins at that
   * very name. The mount table is read once for each that the socket was found on.
   */
  #riskOf(provider: RelayProvider): string | undefined {
    const { view } = this.#scratch;
    const isMountRoot = (view.getUint32(at.stat + statxAttributes, true) & STATX_ATTR_MOUNT_ROOT) !== 0;
    const [major, minor] = [view.getUint32(at.stat + statxDevice.major, true), view.getUint32(at.stat + statxDevice.minor, true)];
    const judged = this.#judged;
    if (!isMountRoot && judged?.provider === provider && judged.major === major && judged.minor === minor) return undefined;
    const risk = hangRiskOf(provider, this.#link.path);
    if (risk === undefined) this.#judged = { provider, major, minor };
    return risk;
  }

  #isOwn(fd: number): boolean {
    // The inode first, which is cheap and nearly always another.
    if (this.#scratch.view.getBigUint64(at.stat + statxInode, true) !== this.#ownInode) return false;
    const { dev, ino } = statFd(fd);
    return ino === this.#ownInode && String(dev) === this.#link.own.dev;
  }

  /** 0, or an errno. */
  #connect(fd: number, pathFd: number, ids: RelayProvider['connectAs']): number {
    const length = 2 + procFd.length + this.#scratch.setDecimal(at.address + 2 + procFd.length, pathFd);
    const work = (): number => (connect(fd, this.#scratch.address(at.address), length) === 0 ? 0 : koffi.errno());
    return ids === undefined ? work() : withThreadIds(ids.uid, ids.gid, work);
  }

  #refused(errno: number, pathFd: number): Reached {
    if (errno === EPROTOTYPE) return { kind: 'absent', reason: `it is not a socket of type ${this.#link.socketType}: say which with "socket_type" in the provider's services.json` };
    if (errno === ECONNREFUSED && (statFd(pathFd).mode & files.S_IFMT) !== files.S_IFSOCK) return { kind: 'absent', reason: 'it is not a socket' };
    return errno === EAGAIN ? { kind: 'busy', reason: 'its backlog stays full' } : failed(errno);
  }
}

/** A provider that has ended meanwhile has no mounts to fear; its sockets are refused all the same. */
function hangRiskOf({ pidFd, rootFd }: RelayProvider, path: string): string | undefined {
  try {
    const pid = pidOf(pidFd);
    return pid === undefined ? undefined : hangRisk({ pid, rootFd }, path);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}

/** EAGAIN of openat2: something was renamed on the way. */
function failed(errno: number): Reached {
  return { kind: errno === EMFILE || errno === ENFILE || errno === EAGAIN ? 'busy' : 'absent', reason: errnoText(errno) };
}
