/** A server core on a real socket, for one test. */
import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { limits } from '@pv/contract/limits';
import { tempRoot } from '@pv/testkit/temp-root';
import { onTestFinished } from 'vitest';
import type { ApiServer } from '../src/api-server.ts';
import type { Limits } from '../src/exchange.ts';
import { serveContract, type ServeOptions } from '../src/serve-contract.ts';

export interface Served {
  readonly path: string;
  readonly api: ApiServer;
  readonly listener: Server;
  /** What was handed to `onFault`. */
  readonly faults: string[];
}

export async function served(handle: ServeOptions['handle'], changed: Partial<Limits> = {}): Promise<Served> {
  const root = tempRoot('pv-http-api');
  const path = join(root.path, 'socket');
  const faults: string[] = [];
  const api = serveContract({ server: 'pv-core', handle, onFault: (error, what) => faults.push(`${what}: ${String(error)}`), limits: { ...limits, ...changed } });
  const listener = createServer({ allowHalfOpen: true }, (socket) => api.accept(socket));
  await new Promise<void>((ready) => listener.listen(path, ready));
  onTestFinished(async () => {
    listener.close();
    await api.drain(0);
    root.remove();
  });
  return { path, api, listener, faults };
}

/** Something that a test waits for. */
export function event(): { readonly happened: Promise<void>; happen(): void } {
  const emitter = new EventEmitter();
  return { happened: once(emitter, 'it').then(() => undefined), happen: () => void emitter.emit('it') };
}
