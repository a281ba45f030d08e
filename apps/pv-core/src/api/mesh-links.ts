/**
 * The links as the running pv-xconnect has them. It is asked on its own, root-only socket, each time anew; a pv-xconnect that is
 * away, hangs or is being restarted costs the asker a short wait and nobody else anything.
 */
import { createClient } from '@pv/client/client';
import type { LinkStatus } from '@pv/contract/graph';

export type MeshLinks =
  | { readonly kind: 'links'; readonly links: readonly LinkStatus[] }
  | { readonly kind: 'away'; readonly reason: string };

/** Milliseconds for a whole answer. */
const patienceMs = 2_000;

export function meshLinks(socketPath: string): () => Promise<MeshLinks> {
  const client = createClient<'pv-xconnect'>({ socketPath, timeoutMs: patienceMs });
  return async () => {
    const result = await client.call('listLinks');
    switch (result.kind) {
      case 'ok': return { kind: 'links', links: result.value };
      case 'refused': return { kind: 'away', reason: result.error };
      case 'unreachable': return { kind: 'away', reason: result.reason };
    }
  };
}
