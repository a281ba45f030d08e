/**
 * What the links have to do with the store: what they have put into a consumer is kept there while it is in place. What an
 * earlier instance kept is taken over by the same link, and taken away when there is none.
 */
import { hostName } from '@pv/contract/grammar';
import { closeFd } from '@pv/pv-native/fd';
import { closeFds } from '@pv/pv-native/msg';
import type { SessionState } from '@pv/pv-native/relay/link';
import type { GraphLink } from '../graph/parse.ts';
import { hangReason } from '../links/hang-reason.ts';
import { pinContainer, type Pin } from '../links/pin.ts';
import { adoptSocket, type Placed } from '../links/place.ts';
import { linkIdentity } from '../links/plan.ts';
import { type Kept, type KeptFile, keyOf, type LeftFile, sessionFds } from './records.ts';
import type { FdStore } from './store.ts';

export interface TakenOver {
  readonly placed: Placed;
  /** Of the same link only; their descriptors go with them. */
  readonly sessions: readonly SessionState[];
}

export type RemoveFile = (file: KeptFile, consumer: Pin) => void;

export class Keeper {
  readonly #store: FdStore | undefined;
  readonly #removeFile: RemoveFile;
  readonly #inherited: Map<string, Kept>;

  /** `removeFile`: takes away what an earlier instance put there, if it is still that; does not throw. */
  constructor(store: FdStore | undefined, removeFile: RemoveFile) {
    this.#store = store;
    this.#removeFile = removeFile;
    this.#inherited = store?.take() ?? new Map<string, Kept>();
  }

  /** The socket that an earlier instance placed for this link in this very process. */
  takeOver(link: GraphLink, consumer: Pin): TakenOver | undefined {
    const kept = this.#inherited.get(keyOf(link));
    if (kept?.kind !== 'socket') return undefined;
    this.#inherited.delete(keyOf(link));
    const { socket, fd } = kept;
    const same = socket.pid === consumer.pid && socket.socketType === (link.socket_type ?? 'stream');
    const placed = same ? adoptSocket(consumer.rootFd, link.target, { fd, dev: BigInt(socket.dev), ino: BigInt(socket.ino) }) : undefined;
    if (!same) closeFd(fd);
    if (placed === undefined) this.drop(link);
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

  /** A file that is there. One of an earlier instance has become this one, if it was this. */
  keepFile(link: GraphLink, consumer: Pin, left: LeftFile, provider: Pin | undefined): void {
    if (this.#inherited.get(keyOf(link))?.kind === 'file') this.#inherited.delete(keyOf(link));
    this.discard(link);
    this.announceFile(link, consumer, left, provider);
  }

  /** A file that is about to be put there: whoever is killed in the middle of it leaves it to the next instance all the same. `provider`: the one that it must not outlive. */
  announceFile(link: GraphLink, consumer: Pin, left: LeftFile, provider: Pin | undefined): void {
    const { type, target } = link;
    this.#store?.keepFile({
      consumer: link.consumer, target, pid: consumer.pid, type, identity: linkIdentity(link), left,
      ...(provider === undefined ? {} : { providerPid: provider.pid }),
    });
  }

  drop(link: Pick<KeptFile, 'consumer' | 'target'>): void {
    this.#store?.drop(link);
  }

  /** Whether an earlier instance left something for this link that it has not taken over yet. */
  hasLeft(link: GraphLink): boolean {
    return this.#inherited.has(keyOf(link));
  }

  /** What links that are no more have left is taken away, as they would have done. */
  forgetOthers(links: readonly GraphLink[]): void {
    if (this.#inherited.size === 0) return;
    const wanted = new Map(links.map((link) => [keyOf(link), link]));
    for (const [key, kept] of this.#inherited) {
      const link = wanted.get(key);
      if (link === undefined || !maySucceed(link, kept)) this.#discard(key, kept);
    }
  }

  /** What an earlier instance left for a link that cannot be now. */
  discard(link: GraphLink): void {
    const kept = this.#inherited.get(keyOf(link));
    if (kept !== undefined) this.#discard(keyOf(link), kept);
  }

  leaveSessions(link: GraphLink, sessions: readonly SessionState[]): void {
    this.#store?.leaveSessions(link, sessions);
  }

  /** What no link has taken over yet goes on as it came, its sockets and files by the store alone. Returns the number of its sessions. */
  leaveInherited(): number {
    const sockets = [...this.#inherited.values()].flatMap((kept) => (kept.kind === 'socket' ? [kept] : []));
    for (const { socket, sessions } of sockets) this.#store?.leaveSessions(socket, sessions);
    return sockets.reduce((count, { sessions }) => count + sessions.length, 0);
  }

  /** Nothing is left to the next instance, and nothing in the consumers. */
  clear(): void {
    this.forgetOthers([]);
    this.#store?.clear();
  }

  #discard(key: string, kept: Kept): void {
    this.#inherited.delete(key);
    if (kept.kind === 'socket') discardSocket(kept);
    else this.#discardFile(kept.file);
    this.drop(kept.kind === 'socket' ? kept.socket : kept.file);
  }

  #discardFile(file: KeptFile): void {
    const pin = pinReachable(file);
    if (pin === undefined) return;
    try {
      this.#removeFile(file, pin);
    } finally {
      pin.close();
    }
  }
}

/** Whether a link may have what an earlier one for its target left. */
function maySucceed(link: GraphLink, kept: Kept): boolean {
  // While its provider does not run nobody would accept, and those who connect would wait for ever.
  if (kept.kind === 'socket') return link.consumer_pid === kept.socket.pid && (link.provider_pid > 0 || link.provider === hostName);
  const { pid, providerPid, identity } = kept.file;
  return link.consumer_pid === pid && linkIdentity(link) === identity && (providerPid === undefined || link.provider_pid === providerPid);
}

function discardSocket({ socket, fd, sessions }: Kept & { kind: 'socket' }): void {
  closeFds(sessions.flatMap(sessionFds));
  const pin = pinReachable(socket);
  if (pin === undefined) return closeFd(fd);
  const placed = adoptSocket(pin.rootFd, socket.target, { fd, dev: BigInt(socket.dev), ino: BigInt(socket.ino) });
  placed?.remove();
  if (placed !== undefined) closeFd(placed.fd);
  pin.close();
}

/** Undefined: the consumer has ended, or what was put there cannot be looked up without the risk to wait for ever; the container's end takes it away. */
function pinReachable({ pid, consumer, target }: Pick<KeptFile, 'pid' | 'consumer' | 'target'>): Pin | undefined {
  const pinned = pinContainer(pid, consumer);
  if (pinned.kind !== 'pinned') return undefined;
  if (hangReason(pinned.pin, target) === undefined) return pinned.pin;
  pinned.pin.close();
  return undefined;
}
