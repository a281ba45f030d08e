/**
 * Serves the contract's rows of pv-xconnect on its own socket. The contract, with its schema library, is loaded when
 * the first connection comes: most instances are never asked, and idle memory counts.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { ApiServer } from '@pv/http-api/api-server';
import type { Refreshed } from '../graph/follow.ts';
import type { MeshLink } from '../links/mesh.ts';

export interface ControlOptions {
  /** Fetches and applies the graph now. */
  readonly reconcile: () => Promise<Refreshed>;
  readonly status: () => Promise<readonly MeshLink[]>;
  readonly pid: number;
  readonly onFault: (error: unknown) => void;
}

export interface ControlServer {
  close(): void;
}

export function serveControl(fd: number, options: ControlOptions): ControlServer {
  const sockets = new Set<Socket>();
  let api: Promise<ApiServer> | undefined;
  const server: Server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    api ??= loadApi(options);
    // Nothing was read before there is somebody to read it.
    api.then((loaded) => {
      loaded.accept(socket);
      socket.resume();
    }, options.onFault);
  });
  // Out of descriptors, for example: who asks is not answered, and the mesh goes on.
  server.on('error', options.onFault);
  server.listen({ fd });
  return {
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function loadApi({ reconcile, status, pid, onFault }: ControlOptions): Promise<ApiServer> {
  const { serveContract } = await import('@pv/http-api/serve-contract');
  return serveContract({
    server: 'pv-xconnect',
    onFault,
    handle: async ({ name }) => {
      if (name === 'listLinks') return { kind: 'json', value: await status() };
      const refreshed = await reconcile();
      if (refreshed.kind === 'failed') return { kind: 'error', error: { code: 'core-away', detail: refreshed.reason } };
      return { kind: 'json', value: { pid, links: await status() } };
    },
  });
}
