/** Which control socket: the one asked for, else the first that is there (spec control-api 3). */
import { statSync } from 'node:fs';
import { join } from 'node:path';

export type SocketChoice = { readonly kind: 'socket'; readonly path: string } | { readonly kind: 'none'; readonly message: string };

type Environment = Readonly<Partial<Record<string, string>>>;

/** A run directory that was named is meant: another runtime's socket is no substitute for it. */
export function chooseSocket(asked: string | undefined, { SOCKET: own, PV_SYSTEM_RUNDIR: run }: Environment): SocketChoice {
  const standard = ['/run/pantavisor/pv/pv-ctrl', '/pv/pv-ctrl', ...(own === undefined ? [] : [own]), '/pantavisor/pv-ctrl'];
  const named = asked ?? (run === undefined || run === '' ? undefined : join(run, 'pv-ctrl'));
  const candidates = named === undefined ? standard : [named];
  const looks = candidates.map((path) => ({ path, is: look(path) }));
  const path = looks.find(({ is }) => is === 'socket')?.path;
  if (path !== undefined) return { kind: 'socket', path };
  const there = looks.find(({ is }) => is !== 'not found');
  if (there !== undefined) return { kind: 'none', message: `ERROR: '${there.path}' ${there.is}` };
  return { kind: 'none', message: `ERROR: ${candidates.join(', ')} not found: is pv-appengine running? Start it, or name the socket with -s PATH` };
}

function look(path: string): 'socket' | 'not found' | 'is not a socket: name one with -s PATH' | 'may not be looked at: use sudo' {
  try {
    return statSync(path).isSocket() ? 'socket' : 'is not a socket: name one with -s PATH';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'may not be looked at: use sudo' : 'not found';
  }
}
