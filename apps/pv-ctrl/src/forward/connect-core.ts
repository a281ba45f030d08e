/** A connection to pv-core, which may be away for a moment because it is being restarted: then wait, bounded. */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '@pv/runtime/clock';

export type ConnectResult = { readonly kind: 'socket'; readonly socket: Socket } | { readonly kind: 'away'; readonly reason: string };

export interface ConnectOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly waitMs: number;
}

/** No socket file yet, nobody listening on it, or its queue is full: all pass when pv-core is back. */
const passing = new Set(['ENOENT', 'ECONNREFUSED', 'EAGAIN']);
const firstPauseMs = 10;
const maxPauseMs = 200;

export async function connectCore({ path, clock, waitMs }: ConnectOptions): Promise<ConnectResult> {
  const deadline = clock.now() + waitMs / 1000;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, maxPauseMs)) {
    const result = await tryConnect(path);
    if (result.kind === 'socket' || !passing.has(result.reason)) return result;
    if (clock.now() + pauseMs / 1000 > deadline) return result;
    await pause(pauseMs);
  }
}

async function tryConnect(path: string): Promise<ConnectResult> {
  const socket = connect({ path, allowHalfOpen: true });
  try {
    await once(socket, 'connect');
    return { kind: 'socket', socket };
  } catch (error) {
    socket.destroy();
    return { kind: 'away', reason: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}
