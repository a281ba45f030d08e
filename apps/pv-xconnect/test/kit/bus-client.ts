/** A D-Bus client that can send anything, descriptors too, and shows what comes back. */
import { closeSync } from 'node:fs';
import { MessageBuffer } from '@pv/pv-native/msg';
import { connectUnix, openSocket, shutdownWrite } from '@pv/pv-native/socket';
import { buildMessage, busCall, type BodyValue } from '@pv/dbus-wire/build';
import { Framer, type Head } from '@pv/dbus-wire/framing';
import { messageType, readHeader, type Header } from '@pv/dbus-wire/header';
import { WireReader } from '@pv/dbus-wire/reader';
import { waitFor } from '@pv/testkit/wait-for';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly header: Header;
  readonly body: WireReader;
  readonly fds: readonly number[];
}

export class BusClient {
  readonly #fd: number;
  readonly #buffer = new MessageBuffer(65_536);
  readonly #messages: Received[] = [];
  readonly #fds: number[] = [];
  #text = '';
  #framer: Framer | undefined;
  #serial = 0;
  #over = false;

  constructor(path: string) {
    this.#fd = openSocket('stream');
    onTestFinished(() => closeSync(this.#fd));
    const errno = connectUnix(this.#fd, path);
    if (errno !== 0) throw new Error(`connect to ${path}: ${errno}`);
  }

  send(bytes: Uint8Array | string, fds: readonly number[] = []): void {
    const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    for (let sent = 0; sent < data.length; ) {
      const count = this.#buffer.send(this.#fd, data.subarray(sent, sent + this.#buffer.capacity), sent === 0 ? fds : []);
      if (count < 0) throw new Error(`send: errno ${-count}`);
      sent += count;
    }
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

  /** The usual beginning; the unique name. */
  async hello(auth = '\0AUTH EXTERNAL 30\r\n'): Promise<string> {
    await this.line(auth);
    await this.line('NEGOTIATE_UNIX_FD\r\n');
    this.begin();
    return (await this.bus('Hello')).body.string();
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

  async bus(member: string, ...body: BodyValue[]): Promise<Received> {
    const serial = this.nextSerial();
    this.send(busCall(serial, member, body));
    return this.reply(serial);
  }

  async call(destination: string, member: string, ...body: BodyValue[]): Promise<Received> {
    const serial = this.nextSerial();
    this.send(buildMessage({ type: messageType.call, flags: 0, serial, path: '/o', interface: 'org.x.I', member, destination }, body));
    return this.reply(serial);
  }

  async reply(serial: number): Promise<Received> {
    return this.message(({ header }) => header.replySerial === serial, `a reply to ${serial}`);
  }

  /** The first that fits; those before it stay. */
  async message(fits: (message: Received) => boolean, what = 'a message'): Promise<Received> {
    return waitFor(() => {
      this.#receive();
      const at = this.#messages.findIndex(fits);
      return at < 0 ? undefined : this.#messages.splice(at, 1)[0];
    }, { what });
  }

  /** What came and nobody asked for, so far. */
  get unasked(): readonly Received[] {
    this.#receive();
    return this.#messages;
  }

  /** It sends no more. */
  shutdown(): void {
    shutdownWrite(this.#fd);
  }

  async ended(): Promise<void> {
    await waitFor(() => {
      this.#receive();
      return this.#over;
    }, { what: 'the end of the connection' });
  }

  #receive(): void {
    for (;;) {
      const count = this.#over ? -1 : this.#buffer.receive(this.#fd);
      if (count === 0 || (count < 0 && count !== -11)) this.#over = true;
      if (count <= 0) return;
      this.#fds.push(...this.#buffer.fds);
      const bytes = this.#buffer.data.subarray(0, count);
      if (this.#framer === undefined) this.#text += Buffer.from(bytes).toString('latin1');
      else this.#framer.push(bytes);
    }
  }
}

export const errorName = ({ header }: Received): string | undefined => header.errorName;

/** The user that the bus takes the owner of `name` for. */
export async function userOf(client: BusClient, name: string): Promise<number> {
  return (await client.bus('GetConnectionUnixUser', name)).body.uint32();
}


/** Answers the next call with what it was called with: its member, and its descriptors' number. */
export async function answerOne(server: BusClient): Promise<Received> {
  const call = await server.message(({ header }) => header.type === messageType.call, 'a call');
  const { serial, sender, member = '' } = call.header;
  server.send(buildMessage({ type: messageType.return, flags: 1, serial: server.nextSerial(), replySerial: serial, ...(sender === undefined ? {} : { destination: sender }) }, [`${member} ${call.fds.length}`]));
  return call;
}

/** A service on the bus itself, not through the mesh, that owns `names`. */
export async function service(path: string, ...names: string[]): Promise<BusClient & { readonly unique: string }> {
  const client = new BusClient(path);
  const unique = await client.hello();
  for (const name of names) await client.bus('RequestName', name, 0);
  return Object.assign(client, { unique });
}
