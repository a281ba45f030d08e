/**
 * Connects to a provider's socket through its pinned root. What is connected to is the very object that the path led to
 * inside that root, so swapping the path afterwards changes nothing; a path never leads out of the root. Who listens there
 * is the provider's business. Synchronous: a connect to a unix socket is over when the call returns.
 */
import { constants as files } from 'node:fs';
import { constants } from 'node:os';
import { errnoText, SystemError } from '../errors.ts';
import { closeFd, statFd } from '../fd.ts';
import { O_PATH, openInRoot } from '../openat.ts';
import { connectUnix, openSocket } from '../socket.ts';
import { withThreadIds } from '../thread-ids.ts';
import type { RelayLink, RelayProvider } from './link.ts';

export type Reached =
  | { readonly kind: 'connected'; readonly fd: number }
  | { readonly kind: 'absent'; readonly reason: string }
  /** Worth another try: `reason` if that fails too. */
  | { readonly kind: 'busy'; readonly reason: string };

const { EAGAIN, ECONNREFUSED, EMFILE, ENFILE, EPROTOTYPE } = constants.errno;

export function reachProvider({ rootFd, connectAs }: RelayProvider, link: RelayLink): Reached {
  let pathFd: number | undefined;
  let socketFd: number | undefined;
  try {
    pathFd = openInRoot(rootFd, link.path, O_PATH);
    const { dev, ino } = statFd(pathFd);
    if (String(ino) === link.own.ino && String(dev) === link.own.dev) return { kind: 'absent', reason: 'it is the socket that was injected for this link' };
    socketFd = openSocket(link.socketType);
    const errno = -connectUnder(connectAs, socketFd, `/proc/self/fd/${pathFd}`);
    if (errno !== 0) return refused(errno, pathFd, link);
    const fd = socketFd;
    socketFd = undefined;
    return { kind: 'connected', fd };
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return { kind: error.errno === EMFILE || error.errno === ENFILE ? 'busy' : 'absent', reason: errnoText(error.errno) };
  } finally {
    if (pathFd !== undefined) closeFd(pathFd);
    if (socketFd !== undefined) closeFd(socketFd);
  }
}

function connectUnder(ids: RelayProvider['connectAs'], fd: number, path: string): number {
  return ids === undefined ? connectUnix(fd, path) : withThreadIds(ids.uid, ids.gid, () => connectUnix(fd, path));
}

function refused(errno: number, pathFd: number, { socketType }: RelayLink): Reached {
  if (errno === EAGAIN) return { kind: 'busy', reason: 'its backlog stays full' };
  if (errno === EPROTOTYPE) return { kind: 'absent', reason: `it is not a socket of type ${socketType}: say which with "socket_type" in the provider's services.json` };
  if (errno === ECONNREFUSED && (statFd(pathFd).mode & files.S_IFMT) !== files.S_IFSOCK) return { kind: 'absent', reason: 'it is not a socket' };
  return { kind: 'absent', reason: errnoText(errno) };
}
