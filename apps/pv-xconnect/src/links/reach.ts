/**
 * Connects to a provider's socket through its pinned root. What is connected to is the very object that was checked to
 * be a socket, so swapping the path afterwards changes nothing. Who listens there is the provider's business.
 */
import { connect, type Socket } from 'node:net';
import { errnoText, SystemError } from '@pv/pv-native/errors';
import { closeFd, statFd } from '@pv/pv-native/fd';
import { O_PATH, openInRoot } from '@pv/pv-native/openat';
import type { Clock, Random } from '@pv/runtime/clock';
import { backoff } from '../backoff.ts';
import type { Pin } from './pin.ts';
import { isSame, isSocket, type FileId } from './place.ts';

export type Reached = { readonly kind: 'connected'; readonly socket: Socket } | { readonly kind: 'absent'; readonly reason: string };

export interface ReachOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** The link's own injected socket: connecting to that would be a loop. */
  readonly own: FileId;
}

/** A full backlog makes a blocking client wait; so do we, for this many tries. */
const fullBacklogTries = 10;
const fullBacklogRange = { first: 0.005, max: 0.5 };

/** `current`: the provider's pin, asked before each try since it may change meanwhile; undefined: it does not run. */
export async function reachProvider(current: () => Pin | undefined, path: string, { clock, random, own }: ReachOptions): Promise<Reached> {
  for (let tries = 1; ; tries++) {
    const provider = current();
    if (provider?.alive() !== true) return { kind: 'absent', reason: 'the provider does not run' };
    const result = await connectOnce(provider.rootFd, path, own);
    if (result.kind !== 'full') return result;
    if (tries === fullBacklogTries) return { kind: 'absent', reason: 'its backlog stays full' };
    await new Promise<void>((resolve) => clock.after(backoff(fullBacklogRange, tries, random), resolve));
  }
}

async function connectOnce(rootFd: number, path: string, own: FileId): Promise<Reached | { kind: 'full' }> {
  const opened = openSocket(rootFd, path, own);
  if ('reason' in opened) return { kind: 'absent', reason: opened.reason };
  const socket = connect({ path: `/proc/self/fd/${opened.fd}`, allowHalfOpen: true });
  // A connect to a unix socket is over when the call returns, so the descriptor has done its work.
  closeFd(opened.fd);
  return new Promise((resolve) => {
    socket.once('connect', () => resolve({ kind: 'connected', socket }));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'EAGAIN' ? { kind: 'full' } : { kind: 'absent', reason: errnoText(error.errno ?? 0) });
    });
  });
}

function openSocket(rootFd: number, path: string, own: FileId): { fd: number } | { reason: string } {
  try {
    const fd = openInRoot(rootFd, path, O_PATH);
    const stat = statFd(fd);
    if (isSocket(stat.mode) && !isSame(stat, own)) return { fd };
    closeFd(fd);
    return { reason: isSocket(stat.mode) ? 'it is the socket that was injected for this link' : 'it is not a socket' };
  } catch (error) {
    if (error instanceof SystemError) return { reason: errnoText(error.errno) };
    throw error;
  }
}
