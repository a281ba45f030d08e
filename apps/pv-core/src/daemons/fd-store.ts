/**
 * The pair of sockets in which pv-xconnect leaves descriptors to its next instance (see its handover/store.ts). pv-core
 * only holds both ends, so what waits between them outlives the daemon; a new pv-core takes them from the daemon that
 * it adopts. Nothing is read here.
 */
import { openPidfd, takeFd } from '@pv/pv-native/pidfd';
import { packetPair } from '@pv/pv-native/socket';

/** PV_XCONNECT_STORE: what the daemon's descriptors are called. */
export const storeDescription = '3,4';
const theirFds = [3, 4] as const;

/** For the descriptors of some thousand links, and of their sessions. The kernel takes memory only for what waits. */
const queueBytes = 64 * 1024 * 1024;

export class FdStore {
  #fds: readonly number[] | undefined;

  open(): readonly number[] {
    this.#fds ??= packetPair(queueBytes);
    return this.#fds;
  }

  /** From a running daemon. If it cannot be (the daemon ends just now, or may not be traced), the next one begins anew. */
  adopt(pid: number): void {
    const process = openPidfd(pid);
    if (process === undefined) return;
    try {
      this.#fds = theirFds.map((fd) => takeFd(process.fd, fd));
    } catch {
      this.#fds = undefined;
    } finally {
      process.close();
    }
  }
}
