/**
 * PV_CTRL_LISTEN: which inherited descriptor is whose listening socket. pv-core writes it; an error in it is
 * pv-core's, and pv-ctrl must not start with a guess about who is who.
 */
import { hostName } from '@pv/contract/grammar';
import { ContainerName } from '@pv/contract/names';
import type { Caller } from './caller.ts';

export interface ListenerConfig {
  readonly fd: number;
  readonly caller: Caller;
}

export type ListenConfigResult = { readonly kind: 'listeners'; readonly listeners: readonly ListenerConfig[] } | { readonly kind: 'error'; readonly message: string };

const firstInherited = 3;

export function parseListenConfig(text: string | undefined): ListenConfigResult {
  if (text === undefined || text === '') return wrong('is not set: pv-core sets it when it starts pv-ctrl, with one listening socket per caller');
  const entries = parseArray(text);
  if (entries === undefined) return wrong('is not a JSON array with at least one element');
  const listeners: ListenerConfig[] = [];
  for (const [index, entry] of entries.entries()) {
    const listener = readEntry(entry);
    if (typeof listener === 'string') return wrong(`[${index}]${listener}`);
    if (listeners.some(({ fd }) => fd === listener.fd)) return wrong(`[${index}].fd: ${listener.fd} is there twice`);
    listeners.push(listener);
  }
  return { kind: 'listeners', listeners };
}

const wrong = (what: string): ListenConfigResult => ({ kind: 'error', message: `PV_CTRL_LISTEN${what.startsWith('[') ? '' : ' '}${what}` });

function parseArray(text: string): unknown[] | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return Array.isArray(json) && json.length > 0 ? json : undefined;
  } catch {
    return undefined;
  }
}

/** The entry, or what is wrong with it, beginning with the JSON path. */
function readEntry(entry: unknown): ListenerConfig | string {
  if (typeof entry !== 'object' || entry === null) return ': is not an object';
  const { fd, caller: name, mgmt } = entry as Readonly<Record<string, unknown>>;
  if (typeof fd !== 'number' || !Number.isInteger(fd) || fd < firstInherited) return `.fd: must be a descriptor from ${firstInherited} on`;
  if (typeof name !== 'string' || !(name === hostName || ContainerName.safeParse(name).success)) return `.caller: must be a container name or ${hostName}`;
  if (typeof mgmt !== 'boolean') return '.mgmt: must be true or false';
  if (name === hostName && !mgmt) return `.mgmt: must be true for ${hostName}`;
  return { fd, caller: { name, mgmt } };
}
