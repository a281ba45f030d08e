/** Somebody on a bus, with the user id of a role: it calls, signals, and answers every call with its member's name. */
import { closeSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { type BodyValue, buildMessage } from '@pv/dbus-wire/build';
import { messageType } from '@pv/dbus-wire/header';
import { O_PATH } from '@pv/pv-native/openat';
import { BusConnection, type BusTransport, type Received } from '@pv/testkit/bus-connection';
import { onTestFinished } from 'vitest';

export class BusPeer {
  readonly #bus: BusConnection;
  readonly #answered = new Set<Received>();
  #answers = true;
  /** Its unique name, once it has said Hello. */
  unique = '';

  private constructor(socket: Socket) {
    this.#bus = new BusConnection(transport(socket));
    socket.on('data', () => this.#answerAll());
  }

  static async join(path: string, uid: number): Promise<BusPeer> {
    const peer = new BusPeer(connectAs(path, uid));
    peer.unique = await peer.#bus.hello(`\0AUTH EXTERNAL ${Buffer.from(String(uid)).toString('hex')}\r\n`);
    return peer;
  }

  /** The name of the error, or 'ok'. */
  async bus(member: string, ...body: BodyValue[]): Promise<string> {
    return outcome(await this.#bus.bus(member, ...body));
  }

  /** A call of another interface of the bus. */
  async busOn(iface: string, member: string): Promise<string> {
    return outcome(await this.#bus.busOn(iface, member));
  }

  /** What the other side's answer says, or the name of the error. */
  async call(destination: string, member: string): Promise<string> {
    const answer = await this.#bus.call(destination, member);
    return answer.header.type === messageType.error ? outcome(answer) : answer.body.string();
  }

  /** Calls whoever calls next, in place of an answer but with the serial of one. */
  async callBackAsReply(member: string): Promise<string> {
    this.#answers = false;
    const { header } = await this.#bus.message((message) => message.header.type === messageType.call, 'a call');
    const serial = this.#bus.nextSerial();
    this.#bus.send(buildMessage({ type: messageType.call, flags: 0, serial, path: '/o', interface: 'org.x.I', member, destination: header.sender ?? '', replySerial: header.serial }));
    return outcome(await this.#bus.reply(serial));
  }

  signal(member: string, destination?: string): void {
    this.#bus.send(buildMessage({ type: messageType.signal, flags: 1, serial: this.#bus.nextSerial(), path: '/o', interface: 'org.x.I', member, ...(destination === undefined ? {} : { destination }) }));
  }

  /** Members of what came: calls or signals of the other peers. */
  members(type: keyof typeof messageType): string[] {
    return this.#bus.unasked.filter(({ header }) => header.type === messageType[type] && header.interface === 'org.x.I').map(({ header }) => header.member ?? '');
  }

  #answerAll(): void {
    if (!this.#answers) return;
    for (const message of this.#bus.unasked) {
      if (message.header.type !== messageType.call || this.#answered.has(message)) continue;
      this.#answered.add(message);
      this.#bus.answer(message.header, message.header.member ?? '');
    }
  }
}

/** The bus sees the ids that this process has while it connects. The way to the socket is closed to them, so it is held open, as the mesh does. */
function connectAs(path: string, uid: number): Socket {
  const held = openSync(path, O_PATH);
  process.setegid?.(uid);
  process.seteuid?.(uid);
  const socket = connect(`/proc/self/fd/${held}`);
  process.seteuid?.(0);
  process.setegid?.(0);
  closeSync(held);
  onTestFinished(() => void socket.destroy());
  return socket;
}

function transport(socket: Socket): BusTransport {
  const came: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => void came.push(bytes));
  socket.on('error', () => undefined);
  return {
    send: (bytes) => void socket.write(bytes),
    receive: () => {
      const bytes = came.shift();
      return bytes === undefined ? (socket.closed ? 'ended' : undefined) : { bytes, fds: [] };
    },
  };
}

function outcome({ header }: Received): string {
  return header.errorName?.replace('org.freedesktop.DBus.Error.', '') ?? 'ok';
}
