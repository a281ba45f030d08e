/** The door: accepts from each caller's socket, lets the gate decide, forwards or refuses. Holds no state of the system. */
import { createServer, type Server, type Socket } from 'node:net';
import { limits as contractLimits } from '@pv/contract/limits';
import { answerError } from '@pv/http-api/answer';
import { createApiServer, type ApiServer } from '@pv/http-api/api-server';
import type { Exchange, Limits } from '@pv/http-api/exchange';
import { lastAnswer } from '@pv/http-api/last-answer';
import { forward, type Core } from './forward/forward.ts';
import { admit } from './gate/admit.ts';
import { ConnectionCounter } from './gate/connections.ts';
import { createRefusalLog, type Refusal } from './gate/refusal-log.ts';
import { Callers, type Caller } from './identity/caller.ts';
import type { ListenerConfig } from './identity/listen-config.ts';

export interface DoorOptions {
  readonly listeners: readonly ListenerConfig[];
  readonly core: Core;
  /** Takes a line without its newline. */
  readonly log: (line: string) => void;
  readonly limits?: Limits;
}

export interface Door {
  /** Stops accepting, finishes what is in flight, and after `graceMs` lets go of the rest. */
  close(graceMs: number): Promise<void>;
}

/** Connections that are being told "busy"; beyond them one is closed without a word. */
const turningAway = { connections: 128, connectionsPerContainer: 8, connectionsForHost: 16 };

/** Throws when a descriptor is not a listening socket. */
export async function openDoor({ listeners, core, log, limits = contractLimits }: DoorOptions): Promise<Door> {
  const callers = new Callers();
  const refused = createRefusalLog(core.clock, log);
  const api = createApiServer({
    limits,
    serve: (exchange) => serve(exchange, callers.of(exchange.request.socket), core, refused),
    onRefused: (error, socket) => refused({ caller: callers.of(socket).name, method: undefined, target: undefined, code: error.code }),
    onFault: (error, { request }) => log(`fault: ${request.method} ${request.url}: ${error instanceof Error ? error.stack : String(error)}`),
  });
  const accept = accepter(api, callers, limits, refused);
  const servers = await Promise.all(listeners.map(({ fd, caller }) => listen(fd, (socket) => accept(socket, caller), log)));
  return {
    async close(graceMs) {
      for (const server of servers) server.close();
      await api.drain(graceMs);
    },
  };
}

async function serve(exchange: Exchange, caller: Caller, core: Core, refused: (refusal: Refusal) => void): Promise<void> {
  const admission = await admit(exchange, caller);
  const error = admission.kind === 'forward' ? await forward(exchange, admission.request, caller.name, core) : admission.error;
  if (error === undefined) return;
  if (admission.kind === 'error') answerError(exchange, error, admission.allow === undefined ? {} : { Allow: admission.allow.join(', ') });
  refused({ caller: caller.name, method: exchange.request.method, target: exchange.request.url, code: error.code });
}

function accepter(api: ApiServer, callers: Callers, limits: Limits, refused: (refusal: Refusal) => void): (socket: Socket, caller: Caller) => void {
  const served = new ConnectionCounter(limits);
  const turnedAway = new ConnectionCounter(turningAway);
  const turnAway = (socket: Socket, caller: Caller): void => {
    refused({ caller: caller.name, method: undefined, target: undefined, code: 'busy' });
    if (occupy(turnedAway, socket, caller)) lastAnswer(socket, { code: 'busy' }, limits);
    else socket.destroy();
  };
  return (socket, caller) => {
    callers.remember(socket, caller);
    if (occupy(served, socket, caller)) api.accept(socket);
    else turnAway(socket, caller);
  };
}

/** Takes a place until the socket closes; false when there is none. */
function occupy(counter: ConnectionCounter, socket: Socket, caller: Caller): boolean {
  const giveBack = counter.take(caller.name);
  if (giveBack === undefined) return false;
  socket.once('close', giveBack);
  return true;
}

function listen(fd: number, accept: (socket: Socket) => void, log: (line: string) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true }, accept);
    server.once('error', (error) => reject(new Error(`descriptor ${fd} of PV_CTRL_LISTEN is not a listening socket`, { cause: error })));
    server.listen({ fd }, () => {
      server.on('error', (error) => log(`descriptor ${fd}: ${error.message}`));
      resolve(server);
    });
  });
}
