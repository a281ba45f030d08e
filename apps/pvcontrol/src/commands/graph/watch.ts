/**
 * `graph watch`: a line for each link, then one for each change, until it is interrupted. It looks once a second, and at
 * once when pv-core says that the graph has changed. While nobody answers it waits, and says so once.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@pv/client/client';
import type { Refused, Unreachable } from '@pv/client/types';
import type { LinkStatus } from '@pv/contract/graph';
import type { Command, Request } from '../../verb.ts';
import { changeLine, linkChanges } from './changes.ts';

/** Milliseconds. */
const pace = { between: 1_000, afterChange: 50 } as const;

export const graphWatch: Command = {
  nouns: ['graph'], verbs: ['watch'], operands: [], summary: 'Follow the links: a line for each change of a state', example: 'pvcontrol graph watch',
  endless: true,
  perform: watch,
};

/** Resolves only when the first answer says that there will never be one. */
async function watch({ client, report, warn }: Request): Promise<Refused | Unreachable> {
  const changed = graphChanges(client);
  let links: readonly LinkStatus[] = [];
  let outage: string | undefined;
  for (let first = true; ; first = false) {
    const result = await client.call('getLinkStatus');
    if (result.kind === 'ok') {
      for (const change of linkChanges(links, result.value)) report({ value: change, line: changeLine(change) });
      links = result.value;
      outage = undefined;
    } else {
      if (first && !passing(result)) return result;
      const problem = result.kind === 'refused' ? result.error : result.reason;
      if (problem !== outage) warn(`${problem}; waiting`);
      outage = problem;
    }
    await Promise.race([delay(pace.between), changed()]);
    // The graph tells before the mesh has followed it, and it may change many times in a row.
    await delay(pace.afterChange);
  }
}

/** pv-core and pv-xconnect are started again when they end. */
function passing(result: Refused | Unreachable): boolean {
  return result.kind === 'refused' && result.status === 503;
}

/** Each call resolves when the graph has changed since the call before. */
function graphChanges(client: Client): () => Promise<void> {
  let etag: string | undefined;
  let pending: Promise<void> | undefined;
  const next = async (): Promise<void> => {
    const result = await client.call('getGraph', etag === undefined ? {} : { wait: etag });
    if (result.kind !== 'ok') await delay(pace.between);
    etag = result.kind === 'ok' ? result.etag : undefined;
    pending = undefined;
  };
  return () => (pending ??= next());
}
