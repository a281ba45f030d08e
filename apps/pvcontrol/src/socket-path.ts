/** Which control socket: the one asked for, else the first that is there (spec control-api 3). */
import { statSync } from 'node:fs';

export type SocketChoice = { readonly kind: 'socket'; readonly path: string } | { readonly kind: 'none'; readonly message: string };

export function chooseSocket(asked: string | undefined, fromEnvironment: string | undefined): SocketChoice {
  const standard = ['/run/pantavisor/pv/pv-ctrl', '/pv/pv-ctrl', ...(fromEnvironment === undefined ? [] : [fromEnvironment]), '/pantavisor/pv-ctrl'];
  const candidates = asked === undefined ? standard : [asked];
  const path = candidates.find(isSocket);
  if (path !== undefined) return { kind: 'socket', path };
  return { kind: 'none', message: `ERROR: ${candidates.join(', ')} not found: is pv-appengine running? Start it, or name the socket with -s PATH` };
}

function isSocket(path: string): boolean {
  try {
    return statSync(path).isSocket();
  } catch {
    return false;
  }
}
