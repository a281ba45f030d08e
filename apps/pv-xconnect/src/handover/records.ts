/** What one instance of pv-xconnect leaves to the next, as packets of JSON: pure. Descriptors travel beside them, in order. */
import type { FdStat } from '@pv/pv-native/fd';
import type { EndState, SessionState } from '@pv/pv-native/relay/link';
import { isCharDevice, isSame } from '../links/files.ts';

/** An injected socket; its one descriptor listens. */
export interface KeptSocket {
  readonly consumer: string;
  readonly target: string;
  /** The consumer's process in which it lies. */
  readonly pid: number;
  /** As decimal text. */
  readonly dev: string;
  readonly ino: string;
  readonly socketType: 'stream' | 'seqpacket';
  /** What its link was; sessions of another link are not gone on with. */
  readonly identity: string;
}

/** A file that was put into a consumer: a device node, or what is mounted on an empty file. Nothing of it is open. */
export interface KeptFile {
  readonly consumer: string;
  readonly target: string;
  readonly pid: number;
  /** The link's; its plugin knows how to take the file away. */
  readonly type: string;
  /** The provider's process that it must not outlive. */
  readonly providerPid?: number;
  readonly identity: string;
  readonly left: LeftFile;
}

export interface LeftFile {
  readonly is: 'node' | 'mount';
  /** As decimal text. Missing: it was about to be made, and the device's number is all that is known of it. */
  readonly dev?: string;
  readonly ino?: string;
  /** Of a device. */
  readonly rdev?: number;
}

/** Whether a file is the one that was put there. */
export function isLeft({ dev, ino, rdev }: LeftFile, found: FdStat | undefined): boolean {
  if (found === undefined || (rdev !== undefined && !(isCharDevice(found.mode) && found.rdev === rdev))) return false;
  return dev === undefined || ino === undefined ? rdev !== undefined : isSame(found, { dev: BigInt(dev), ino: BigInt(ino) });
}

type EndRecord = Omit<EndState, 'fd' | 'waiting'>;

export type StoreRecord =
  | { readonly kind: 'reset' }
  | { readonly kind: 'keep'; readonly socket: KeptSocket }
  | { readonly kind: 'file'; readonly file: KeptFile }
  | { readonly kind: 'drop'; readonly consumer: string; readonly target: string }
  /** Descriptors: the consumer's end, and the provider's if there is one. */
  | { readonly kind: 'session'; readonly consumer: string; readonly target: string; readonly ends: readonly EndRecord[]; readonly filter?: { readonly snapshot: unknown } }
  /** Bytes (base64) that wait for one end (0: the consumer) of the session before, with their descriptors. `more`: the next record goes on with the same message. */
  | { readonly kind: 'waiting'; readonly end: number; readonly bytes: string; readonly more?: true };

export interface Packet {
  readonly record: StoreRecord;
  readonly fds: readonly number[];
}

export type Kept =
  | { readonly kind: 'socket'; readonly socket: KeptSocket; readonly fd: number; readonly sessions: SessionState[] }
  | { readonly kind: 'file'; readonly file: KeptFile };

/** Bytes of one packet of waiting bytes: with base64 well below what the kernel takes in one piece. */
const pieceBytes = 32 * 1024;

export function keyOf({ consumer, target }: Pick<KeptSocket, 'consumer' | 'target'>): string {
  return `${consumer}\0${target}`;
}

/** How it is kept, without its sessions. */
export function packetOf(kept: Kept): Packet {
  return kept.kind === 'socket' ? { record: { kind: 'keep', socket: kept.socket }, fds: [kept.fd] } : { record: kept, fds: [] };
}

export function sessionPackets({ consumer, target }: Pick<KeptSocket, 'consumer' | 'target'>, state: SessionState): Packet[] {
  const ends = state.provider === undefined ? [state.consumer] : [state.consumer, state.provider];
  const record: StoreRecord = {
    kind: 'session', consumer, target,
    ends: ends.map(({ readEnded, writeEnding, writeEnded }) => ({ readEnded, writeEnding, writeEnded })),
    ...(state.filter === undefined ? {} : { filter: state.filter }),
  };
  return [{ record, fds: ends.map(({ fd }) => fd) }, ...ends.flatMap((end, index) => end.waiting.flatMap(({ bytes, fds }) => pieces(index, bytes, fds)))];
}

function pieces(end: number, bytes: Uint8Array, fds: readonly number[]): Packet[] {
  const count = Math.max(1, Math.ceil(bytes.length / pieceBytes));
  return Array.from({ length: count }, (_, index) => ({
    record: { kind: 'waiting', end, bytes: Buffer.from(bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes)).toString('base64'), ...(index + 1 < count ? { more: true } : {}) },
    fds: index === 0 ? fds : [],
  }));
}

/** What is left after all packets, in their order; `unused`: descriptors that nothing refers to any more. */
export function replay(packets: readonly Packet[]): { kept: Map<string, Kept>; unused: number[] } {
  const kept = new Map<string, Kept>();
  const unused: number[] = [];
  let session: Packet | undefined;
  /** A message that the next record goes on with. */
  let begun: Message | undefined;
  for (const packet of packets) {
    const { record, fds } = packet;
    switch (record.kind) {
      case 'reset':
        for (const key of [...kept.keys()]) forget(kept, key, unused);
        break;
      case 'drop':
        forget(kept, keyOf(record), unused);
        break;
      case 'keep': {
        forget(kept, keyOf(record.socket), unused);
        // Without: there was no room for it among this process's own.
        const [fd] = fds;
        if (fd !== undefined) kept.set(keyOf(record.socket), { kind: 'socket', socket: record.socket, fd, sessions: [] });
        break;
      }
      case 'file':
        forget(kept, keyOf(record.file), unused);
        kept.set(keyOf(record.file), { kind: 'file', file: record.file });
        break;
      case 'session':
        session = packet;
        begun = undefined;
        if (!addSession(kept.get(keyOf(record)), record, fds)) unused.push(...fds);
        break;
      case 'waiting':
        begun = session?.record.kind === 'session' ? addWaiting(kept.get(keyOf(session.record)), record, { begun, fds }) : undefined;
        if (begun === undefined) unused.push(...fds);
        else if (record.more === undefined) begun = undefined;
        break;
    }
  }
  return { kept, unused };
}

function forget(kept: Map<string, Kept>, key: string, unused: number[]): void {
  const old = kept.get(key);
  if (old?.kind === 'socket') unused.push(old.fd, ...old.sessions.flatMap(sessionFds));
  kept.delete(key);
}

export function sessionFds({ consumer, provider }: SessionState): number[] {
  return [consumer, provider].flatMap((end) => (end === undefined ? [] : [end.fd, ...end.waiting.flatMap(({ fds }) => fds)]));
}

function addSession(kept: Kept | undefined, { ends, filter }: StoreRecord & { kind: 'session' }, fds: readonly number[]): boolean {
  const [consumer, provider] = fds.flatMap((fd, index): EndState[] => (ends[index] === undefined ? [] : [{ ...ends[index], fd, waiting: [] }]));
  if (kept?.kind !== 'socket' || consumer === undefined || fds.length !== ends.length) return false;
  kept.sessions.push({ consumer, ...(provider === undefined ? {} : { provider }), ...(filter === undefined ? {} : { filter }) });
  return true;
}

interface Message {
  bytes: Uint8Array;
  readonly fds: readonly number[];
}

/** The message that it is (a part of); undefined: there is no such session. */
function addWaiting(kept: Kept | undefined, { end, bytes }: StoreRecord & { kind: 'waiting' }, { begun, fds }: { begun: Message | undefined; fds: readonly number[] }): Message | undefined {
  const session = kept?.kind === 'socket' ? kept.sessions.at(-1) : undefined;
  const side = end === 0 ? session?.consumer : session?.provider;
  if (side === undefined) return undefined;
  const piece = Buffer.from(bytes, 'base64');
  if (begun !== undefined) {
    begun.bytes = Buffer.concat([begun.bytes, piece]);
    return begun;
  }
  const message: Message = { bytes: piece, fds };
  (side.waiting as Message[]).push(message);
  return message;
}
