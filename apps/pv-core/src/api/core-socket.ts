/** pv-core's own socket: for root and for pv-ctrl's group, nobody else gets as far as connecting. */
import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { serveContract } from '@pv/http-api/serve-contract';
import { listenUnix } from '@pv/pv-native/socket';
import type { Logger } from '@pv/runtime/log';
import type { Places } from '@pv/runtime/places';
import type { createHandlers } from './handlers.ts';

export interface CoreSocket {
  /** Lets requests under way finish, then closes. */
  close(): Promise<void>;
}

export function serveCore(handlers: ReturnType<typeof createHandlers>, places: Places, gid: number, log: Logger): CoreSocket {
  const api = serveContract({
    server: 'pv-core',
    handle: async ({ name, params }, request) => {
      const handler = Object.hasOwn(handlers, name) ? handlers[name as keyof typeof handlers] : undefined;
      return handler === undefined ? { kind: 'error', error: { code: 'no-such-endpoint', detail: name } } : handler(params, request);
    },
    onFault: (error, what) => log.error(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
  });
  const listener = createServer({ allowHalfOpen: true }, (socket) => api.accept(socket));
  listen(listener, places, gid);
  return {
    async close() {
      listener.close();
      await api.drain(1_000);
    },
  };
}

function listen(listener: Server, { coreDir, coreSocket }: Places, gid: number): void {
  mkdirSync(coreDir, { recursive: true, mode: 0o750 });
  chownSync(coreDir, 0, gid);
  chmodSync(coreDir, 0o750);
  rmSync(coreSocket, { force: true });
  listener.listen({ fd: listenUnix(coreSocket, { mode: 0o660, uid: 0, gid, backlog: 128 }) });
}
