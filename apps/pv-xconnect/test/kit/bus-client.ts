/** A client of a bus, or of the mesh's way to one, that passes descriptors too. */
import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { MessageBuffer } from '@pv/pv-native/msg';
import { connectUnix, openSocket, shutdownWrite } from '@pv/pv-native/socket';
import { messageType } from '@pv/dbus-wire/header';
import { BusConnection, type BusTransport, type Received } from '@pv/testkit/bus-connection';
import { onTestFinished } from 'vitest';

export type { Received };

export class BusClient extends BusConnection {
  readonly #fd: number;

  constructor(path: string) {
    const fd = openSocket('stream');
    onTestFinished(() => closeSync(fd));
    const errno = connectUnix(fd, path);
    if (errno !== 0) throw new Error(`connect to ${path}: ${errno}`);
    super(transport(fd));
    this.#fd = fd;
  }

  /** It sends no more. */
  shutdown(): void {
    shutdownWrite(this.#fd);
  }
}

function transport(fd: number): BusTransport {
  const buffer = new MessageBuffer(65_536);
  return {
    send: (bytes, fds) => {
      for (let sent = 0; sent < bytes.length; ) {
        const count = buffer.send(fd, bytes.subarray(sent, sent + buffer.capacity), sent === 0 ? fds : []);
        if (count < 0) throw new Error(`send: errno ${-count}`);
        sent += count;
      }
    },
    receive: () => {
      const count = buffer.receive(fd);
      if (count === -constants.errno.EAGAIN) return undefined;
      return count <= 0 ? 'ended' : { bytes: buffer.data.subarray(0, count), fds: buffer.fds };
    },
  };
}

export const errorName = ({ header }: Received): string | undefined => header.errorName;

/** The user that the bus takes the owner of `name` for. */
export async function userOf(client: BusClient, name: string): Promise<number> {
  return (await client.bus('GetConnectionUnixUser', name)).body.uint32();
}

/** Answers the next call with what it was called with: its member, and its descriptors' number. */
export async function answerOne(server: BusClient): Promise<Received> {
  const call = await server.message(({ header }) => header.type === messageType.call, 'a call');
  server.answer(call.header, `${call.header.member ?? ''} ${call.fds.length}`);
  return call;
}

/** A service on the bus itself, not through the mesh, that owns `names`. */
export async function service(path: string, ...names: string[]): Promise<BusClient & { readonly unique: string }> {
  const client = new BusClient(path);
  const unique = await client.hello();
  for (const name of names) await client.bus('RequestName', name, 0);
  return Object.assign(client, { unique });
}
