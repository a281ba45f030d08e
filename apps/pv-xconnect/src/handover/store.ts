/**
 * Descriptors that outlive this process: packets wait in a pair of sockets whose ends pv-core holds too, so what was
 * sent into it is there for the next instance, however this one ended. systemd's file descriptor store, without a
 * store keeper. A log of changes, written anew when too much of it is history. Not guaranteed: that nothing is lost when
 * the process is killed while it writes it anew; what is missing is then placed again.
 */
import { constants } from 'node:os';
import { closeFds, MessageBuffer } from '@pv/pv-native/msg';
import { type Kept, keyOf, type KeptFile, type KeptSocket, type Packet, packetOf, replay, sessionPackets } from './records.ts';
import type { SessionState } from '@pv/pv-native/relay/link';

/** The largest packet: a piece of waiting bytes in base64, or a snapshot of a filter. A session with a larger one ends. */
const packetBytes = 128 * 1024;
/** Seconds after a change in which a socket went: until then others follow. */
const tidyAfter = 1;
/** So many more than twice what counts may be history, where no descriptor is held by it. */
const historyPackets = 64;

type After = (seconds: number, work: () => void) => () => void;

export class FdStore {
  readonly #writeFd: number;
  readonly #readFd: number;
  readonly #after: After;
  readonly #buffer = new MessageBuffer(packetBytes);
  readonly #live = new Map<string, Packet>();
  /** Packets in the queue. */
  #queued = 0;
  #tidying = false;

  /** `after`: a clock's. */
  constructor(writeFd: number, readFd: number, after: After) {
    this.#writeFd = writeFd;
    this.#readFd = readFd;
    this.#after = after;
  }

  /**
   * What an earlier instance left. The descriptors are the caller's; all but the sessions stays in the store too, until
   * it is dropped: an instance that is killed before it has seen a graph must not cost what it found.
   */
  take(): Map<string, Kept> {
    const { kept, unused } = replay(this.#receiveSome(Infinity));
    closeFds(unused);
    for (const [key, one] of kept) this.#keep(key, packetOf(one));
    return kept;
  }

  /** `fd` stays the caller's; the store holds a copy. */
  keep(socket: KeptSocket, fd: number): void {
    this.#keep(keyOf(socket), { record: { kind: 'keep', socket }, fds: [fd] });
  }

  keepFile(file: KeptFile): void {
    this.#keep(keyOf(file), { record: { kind: 'file', file }, fds: [] });
  }

  drop({ consumer, target }: Pick<KeptSocket, 'consumer' | 'target'>): void {
    const key = keyOf({ consumer, target });
    const dropped = this.#live.get(key);
    if (dropped === undefined) return;
    this.#live.delete(key);
    this.#send({ record: { kind: 'drop', consumer, target }, fds: [] });
    const isHistory = this.#queued > 2 * this.#live.size + historyPackets;
    if (this.#tidying || (dropped.fds.length === 0 && !isHistory)) return;
    this.#tidying = true;
    this.#after(tidyAfter, () => this.#tidy());
  }

  leaveSessions(socket: Pick<KeptSocket, 'consumer' | 'target'>, sessions: readonly SessionState[]): void {
    for (const session of sessions) {
      const packets = sessionPackets(socket, session).map(({ record, fds }) => ({ bytes: encode(record), fds }));
      if (packets.every(({ bytes }) => bytes.length <= packetBytes)) for (const { bytes, fds } of packets) this.#write(bytes, fds);
    }
  }

  /** Nothing is left to the next instance. */
  clear(): void {
    for (const { fds } of this.#receiveSome(Infinity)) closeFds(fds);
    this.#live.clear();
  }

  /** What is dropped is held by the queue until it is read, so it is read, after all that counts was written again. */
  #tidy(): void {
    this.#tidying = false;
    const old = this.#queued;
    this.#send({ record: { kind: 'reset' }, fds: [] });
    for (const packet of this.#live.values()) this.#send(packet);
    for (const { fds } of this.#receiveSome(old)) closeFds(fds);
  }

  #keep(key: string, packet: Packet): void {
    const known = this.#live.get(key);
    this.#live.set(key, packet);
    // Taken over as it was.
    if (known === undefined || known.fds[0] !== packet.fds[0] || !encode(known.record).equals(encode(packet.record))) this.#send(packet);
  }

  #send({ record, fds }: Packet): void {
    this.#write(encode(record), fds);
  }

  #write(bytes: Buffer, fds: readonly number[]): void {
    // A full queue costs the takeover of what did not fit, nothing now.
    if (this.#buffer.send(this.#writeFd, bytes, fds) >= 0) this.#queued += 1;
  }

  #receiveSome(count: number): Packet[] {
    const packets: Packet[] = [];
    while (packets.length < count) {
      const packet = this.#receive();
      if (packet === undefined) break;
      packets.push(packet);
    }
    return packets;
  }

  #receive(): Packet | undefined {
    const count = this.#buffer.receive(this.#readFd);
    if (count === -constants.errno.EINTR) return this.#receive();
    if (count <= 0) return undefined;
    this.#queued = Math.max(0, this.#queued - 1);
    const record = JSON.parse(Buffer.from(this.#buffer.data.subarray(0, count)).toString()) as Packet['record'];
    return { record, fds: this.#buffer.fds };
  }
}

function encode(record: Packet['record']): Buffer {
  return Buffer.from(JSON.stringify(record));
}

/** PV_XCONNECT_STORE: `<fd to write>,<fd to read>`, inherited from pv-core; undefined: there is none. */
export function openStore(description: string | undefined, after: After): FdStore | undefined {
  const match = /^(\d+),(\d+)$/.exec(description ?? '');
  return match === null ? undefined : new FdStore(Number(match[1]), Number(match[2]), after);
}
