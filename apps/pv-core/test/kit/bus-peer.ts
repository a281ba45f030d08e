/** Somebody on a bus, with the user id of a role: it calls, signals, and answers every call with its member's name. */
import { closeSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { type BodyValue, buildMessage, busCall } from '@pv/dbus-wire/build';
import { Framer, type Head } from '@pv/dbus-wire/framing';
import { type Header, messageType, readHeader } from '@pv/dbus-wire/header';
import { WireReader } from '@pv/dbus-wire/reader';
import { O_PATH } from '@pv/pv-native/openat';
import { waitFor } from '@pv/testkit/wait-for';
import { onTestFinished } from 'vitest';

interface Message {
  readonly header: Header;
  readonly body: WireReader;
}

export class BusPeer {
  readonly #socket: Socket;
  readonly #messages: Message[] = [];
  #framer: Framer | undefined;
  #serial = 0;
  #closed = false;
  /** Its unique name, once it has said Hello. */
  unique = '';

  /** The bus sees the ids that this process has while it connects. The way to the socket is closed to them, so it is held open, as the mesh does. */
  constructor(path: string, uid: number) {
    const held = openSync(path, O_PATH);
    process.setegid?.(uid);
    process.seteuid?.(uid);
    this.#socket = connect(`/proc/self/fd/${held}`);
    process.seteuid?.(0);
    process.setegid?.(0);
    closeSync(held);
    onTestFinished(() => void this.#socket.destroy());
    const identity = Buffer.from(String(uid)).toString('hex');
    this.#socket.write(`\0AUTH EXTERNAL ${identity}\r\nBEGIN\r\n`);
    this.#socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => void (this.#closed = true));
  }

  static async join(path: string, uid: number): Promise<BusPeer> {
    const peer = new BusPeer(path, uid);
    const hello = await peer.#ask(busCall(peer.#next(), 'Hello', []));
    if (hello.header.errorName !== undefined) throw new Error(outcome(hello));
    peer.unique = hello.body.string();
    return peer;
  }

  /** The name of the error, or 'ok'. */
  async bus(member: string, ...body: BodyValue[]): Promise<string> {
    return outcome(await this.#ask(busCall(this.#next(), member, body)));
  }

  /** A call of another interface of the bus. */
  async busOn(iface: string, member: string): Promise<string> {
    return outcome(await this.#ask(busCall(this.#next(), member, [], iface)));
  }

  /** What the other side's answer says, or the name of the error. */
  async call(destination: string, member: string): Promise<string> {
    const { header, body } = await this.#ask(buildMessage({ type: messageType.call, flags: 0, serial: this.#next(), path: '/o', interface: 'org.x.I', member, destination }));
    return header.type === messageType.error ? outcome({ header }) : body.string();
  }

  signal(member: string, destination?: string): void {
    this.#socket.write(buildMessage({ type: messageType.signal, flags: 1, serial: this.#next(), path: '/o', interface: 'org.x.I', member, ...(destination === undefined ? {} : { destination }) }));
  }

  /** Members of what came: calls or signals of the other peers. */
  members(type: keyof typeof messageType): string[] {
    return this.#messages.filter(({ header }) => header.type === messageType[type] && header.interface === 'org.x.I').map(({ header }) => header.member ?? '');
  }

  async #ask(message: Uint8Array): Promise<Message> {
    const serial = this.#serial;
    this.#socket.write(message);
    return waitFor(() => {
      if (this.#closed) throw new Error('the bus has closed the connection');
      return this.#messages.find(({ header }) => header.replySerial === serial);
    }, { what: 'an answer' });
  }

  #next(): number {
    return ++this.#serial;
  }

  #receive(bytes: Buffer): void {
    if (this.#framer !== undefined) return void this.#framer.push(bytes);
    const end = bytes.indexOf('\r\n');
    if (!bytes.toString('latin1').startsWith('OK ')) throw new Error(`authentication: ${bytes.toString('latin1')}`);
    this.#framer = this.#messageFramer();
    this.#framer.push(bytes.subarray(end + 2));
  }

  #messageFramer(): Framer {
    const now: { head?: Head; body: Buffer[] } = { body: [] };
    return new Framer({
      onHead: (head) => void (now.head = head),
      onBody: (bytes) => void now.body.push(Buffer.from(bytes)),
      onMessageEnd: () => {
        if (now.head === undefined) return;
        const header = readHeader(now.head);
        this.#messages.push({ header, body: new WireReader(Buffer.concat(now.body.splice(0)), now.head.littleEndian) });
        if (header.type === messageType.call) this.#answer(header);
      },
    });
  }

  #answer({ serial, sender, member = '' }: Header): void {
    this.#socket.write(buildMessage({ type: messageType.return, flags: 1, serial: this.#next(), replySerial: serial, ...(sender === undefined ? {} : { destination: sender }) }, [member]));
  }
}

function outcome({ header }: Pick<Message, 'header'>): string {
  return header.errorName?.replace('org.freedesktop.DBus.Error.', '') ?? 'ok';
}
