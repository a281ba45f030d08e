/** What the links have to do with the store: a socket is kept while its link is in place, and one that was kept is taken over. */
import { closeFd } from '@pv/pv-native/fd';
import { closeFds } from '@pv/pv-native/msg';
import type { SessionState } from '@pv/pv-native/relay/link';
import type { GraphLink } from '../graph/parse.ts';
import { pinContainer, type Pin } from '../links/pin.ts';
import { adoptSocket, type Placed } from '../links/place.ts';
import { linkIdentity } from '../links/plan.ts';
import { type Kept, keyOf, sessionFds } from './records.ts';
import type { FdStore } from './store.ts';

export interface TakenOver {
  readonly placed: Placed;
  /** Of the same link only; their descriptors go with them. */
  readonly sessions: readonly SessionState[];
}

export class SocketKeeper {
  readonly #store: FdStore | undefined;
  readonly #inherited: Map<string, Kept>;

  constructor(store: FdStore | undefined) {
    this.#store = store;
    this.#inherited = store?.take() ?? new Map<string, Kept>();
  }

  /** The socket that an earlier instance placed for this link in this very process. */
  takeOver(link: GraphLink, consumer: Pin): TakenOver | undefined {
    const kept = this.#inherited.get(keyOf(link));
    if (kept === undefined) return undefined;
    this.#inherited.delete(keyOf(link));
    const { socket, fd } = kept;
    const same = socket.pid === consumer.pid && socket.socketType === (link.socket_type ?? 'stream');
    const placed = same ? adoptSocket(consumer.rootFd, link.target, { fd, dev: BigInt(socket.dev), ino: BigInt(socket.ino) }) : undefined;
    if (!same) closeFd(fd);
    const resumable = placed !== undefined && socket.identity === linkIdentity(link);
    if (!resumable) closeFds(kept.sessions.flatMap(sessionFds));
    return placed === undefined ? undefined : { placed, sessions: resumable ? kept.sessions : [] };
  }

  keep(link: GraphLink, consumer: Pin, { fd, id }: Placed): void {
    const { target } = link;
    this.#store?.keep({
      consumer: link.consumer, target, pid: consumer.pid, dev: String(id.dev), ino: String(id.ino),
      socketType: link.socket_type ?? 'stream', identity: linkIdentity(link),
    }, fd);
  }

  drop(link: GraphLink): void {
    this.#store?.drop(link);
  }

  /** Sockets of links that are no more are taken away, as their links would have done. */
  forgetOthers(links: readonly GraphLink[]): void {
    if (this.#inherited.size === 0) return;
    const wanted = new Map(links.map((link) => [keyOf(link), link.consumer_pid]));
    for (const [key, kept] of this.#inherited) {
      if (wanted.get(key) === kept.socket.pid) continue;
      this.#inherited.delete(key);
      discard(kept);
    }
  }

  leaveSessions(link: GraphLink, sessions: readonly SessionState[]): void {
    this.#store?.leaveSessions(link, sessions);
  }

  clear(): void {
    this.#store?.clear();
  }
}

function discard({ socket, fd, sessions }: Kept): void {
  closeFds(sessions.flatMap(sessionFds));
  const pinned = pinContainer(socket.pid, socket.consumer);
  if (pinned.kind !== 'pinned') return closeFd(fd);
  const placed = adoptSocket(pinned.pin.rootFd, socket.target, { fd, dev: BigInt(socket.dev), ino: BigInt(socket.ino) });
  placed?.remove();
  if (placed !== undefined) closeFd(placed.fd);
  pinned.pin.close();
}
