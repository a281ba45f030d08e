/** A connection to a D-Bus that can send anything, and shows what comes back. How the bytes travel is its maker's matter. */
import { buildMessage, busCall, type BodyValue } from '@pv/dbus-wire/build';
import { Framer, type Head } from '@pv/dbus-wire/framing';
import { messageType, readHeader, type Header } from '@pv/dbus-wire/header';
import { WireReader } from '@pv/dbus-wire/reader';
import { waitFor } from './wait-for.ts';

export interface BusTransport {
  send(bytes: Uint8Array, fds: readonly number[]): void;
  /** What came next; undefined: nothing yet. The bytes are read before the next call. */
  receive(): { readonly bytes: Uint8Array; readonly fds: readonly number[] } | 'ended' | undefined;
}

export interface Received {
  readonly header: Header;
  readonly body: WireReader;
  readonly fds: readonly number[];
}

export class BusConnection {
  readonly #transport: BusTransport;
  readonly #messages: Received[] = [];
  readonly #fds: number[] = [];
  #text = '';
  #framer: Framer | undefined;
  #serial = 0;
  #over = false;

  constructor(transport: BusTransport) {
    this.#transport = transport;
  }

  send(bytes: Uint8Array | string, fds: readonly number[] = []): void {
    this.#transport.send(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, fds);
  }

  /** Sends it and gives the next line that comes back. */
  async line(text: string): Promise<string> {
    this.send(text);
    return await waitFor(() => {
      this.#receive();
      const end = this.#text.indexOf('\r\n');
      if (end < 0) return undefined;
      const line = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 2);
      return line;
    }, { what: `an answer to ${JSON.stringify(text)}` });
  }

  /** The usual beginning; the unique name. Rejects with what the bus says when it does not want to give one. */
  async hello(auth = '\0AUTH EXTERNAL 30\r\n'): Promise<string> {
    await this.line(auth);
    await this.line('NEGOTIATE_UNIX_FD\r\n');
    this.begin();
    const { header, body } = await this.bus('Hello');
    if (header.errorName !== undefined) throw new Error(`${header.errorName}: ${body.string()}`);
    return body.string();
  }

  begin(): void {
    this.send('BEGIN\r\n');
    this.messagesFollow();
  }

  messagesFollow(): void {
    let head: Head | undefined;
    const body: Buffer[] = [];
    this.#framer = new Framer({
      onHead: (next) => void (head = next),
      onBody: (bytes) => void body.push(Buffer.from(bytes)),
      onMessageEnd: () => {
        if (head === undefined) return;
        const header = readHeader(head);
        this.#messages.push({ header, body: new WireReader(Buffer.concat(body.splice(0)), head.littleEndian), fds: this.#fds.splice(0, header.unixFds ?? 0) });
      },
    });
    this.#framer.push(Buffer.from(this.#text, 'latin1'));
  }

  nextSerial(): number {
    return ++this.#serial;
  }

  bus(member: string, ...body: BodyValue[]): Promise<Received> {
    return this.busOn('org.freedesktop.DBus', member, ...body);
  }

  /** A call of another interface of the bus. */
  async busOn(iface: string, member: string, ...body: BodyValue[]): Promise<Received> {
    const serial = this.nextSerial();
    this.send(busCall(serial, member, body, iface));
    return this.reply(serial);
  }

  async call(destination: string, member: string, ...body: BodyValue[]): Promise<Received> {
    const serial = this.nextSerial();
    this.send(buildMessage({ type: messageType.call, flags: 0, serial, path: '/o', interface: 'org.x.I', member, destination }, body));
    return this.reply(serial);
  }

  /** Answers a call. */
  answer({ serial, sender }: Header, ...body: BodyValue[]): void {
    this.send(buildMessage({ type: messageType.return, flags: 1, serial: this.nextSerial(), replySerial: serial, ...(sender === undefined ? {} : { destination: sender }) }, body));
  }

  async reply(serial: number): Promise<Received> {
    return this.message(({ header }) => header.replySerial === serial, `a reply to ${serial}`);
  }

  /** The first that fits; those before it stay. Rejects once the connection has been closed without one. */
  async message(fits: (message: Received) => boolean, what = 'a message'): Promise<Received> {
    return waitFor(() => {
      this.#receive();
      const at = this.#messages.findIndex(fits);
      if (at < 0 && this.#over) throw new Error(`the bus has closed the connection before ${what}`);
      return at < 0 ? undefined : this.#messages.splice(at, 1)[0];
    }, { what });
  }

  /** What came and nobody asked for, so far. */
  get unasked(): readonly Received[] {
    this.#receive();
    return this.#messages;
  }

  async ended(): Promise<void> {
    await waitFor(() => {
      this.#receive();
      return this.#over;
    }, { what: 'the end of the connection' });
  }

  #receive(): void {
    for (let next = this.#transport.receive(); next !== undefined; next = this.#transport.receive()) {
      if (next === 'ended') return void (this.#over = true);
      this.#fds.push(...next.fds);
      if (this.#framer === undefined) this.#text += Buffer.from(next.bytes).toString('latin1');
      else this.#framer.push(next.bytes);
    }
  }
}
