/**
 * Who is calling. A caller is the socket it came through (docs/decisions/0006): each listening socket belongs to
 * one container, or to the host, and was made by pv-core. Nothing in a request can change it.
 */
import type { Socket } from 'node:net';

export interface Caller {
  /** A container's name, or `_pv_` for the host. */
  readonly name: string;
  /** The host, or a container with the role mgmt. */
  readonly mgmt: boolean;
}

export class Callers {
  readonly #bySocket = new WeakMap<Socket, Caller>();

  remember(socket: Socket, caller: Caller): void {
    this.#bySocket.set(socket, caller);
  }

  /** Throws for a socket that never was accepted: that is a fault of ours, never a guess. */
  of(socket: Socket): Caller {
    const caller = this.#bySocket.get(socket);
    if (caller === undefined) throw new Error('a request came through a socket that nobody accepted');
    return caller;
  }
}
