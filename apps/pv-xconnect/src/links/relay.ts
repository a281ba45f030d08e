/**
 * Serves one link's injected socket: each accepted connection gets one of its own to the provider, and the two are
 * joined. At most `maxSessions` at a time; further ones are closed at once. Closing the relay ends every session.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '@pv/runtime/clock';
import type { Reached } from './reach.ts';
import { joinSockets } from './session.ts';

export interface RelayOptions {
  readonly reach: () => Promise<Reached>;
  readonly clock: Clock;
  readonly onConnected: () => void;
  /** The provider could not be reached; the consumer's connection is closed. */
  readonly onAbsent: (reason: string) => void;
  readonly onCrowded: () => void;
}

export interface Relay {
  sessions(): number;
  close(): void;
}

export const maxSessions = 128;
const lingerSeconds = 60;

/** Takes over the listening descriptor. */
export function createRelay(fd: number, options: RelayOptions): Relay {
  const sessions = new Map<Socket, () => void>();
  // Paused, so that nothing is read before there is somewhere to put it.
  const server: Server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    if (sessions.size >= maxSessions) {
      client.destroy();
      options.onCrowded();
      return;
    }
    sessions.set(client, () => void client.destroy());
    void serve(client, sessions, options);
  });
  server.listen({ fd });
  return {
    sessions: () => sessions.size,
    close: () => {
      server.close();
      for (const end of sessions.values()) end();
    },
  };
}

async function serve(client: Socket, sessions: Map<Socket, () => void>, { reach, clock, onConnected, onAbsent }: RelayOptions): Promise<void> {
  client.on('error', () => undefined);
  const reached = await reach();
  if (reached.kind === 'absent' || client.destroyed) {
    client.destroy();
    sessions.delete(client);
    if (reached.kind === 'absent') onAbsent(reached.reason);
    else reached.socket.destroy();
    return;
  }
  onConnected();
  const end = joinSockets(client, reached.socket, { lingerSeconds, clock, onEnd: () => sessions.delete(client) });
  sessions.set(client, end);
}
