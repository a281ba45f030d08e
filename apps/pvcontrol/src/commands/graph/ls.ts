import type { Graph } from '@pv/contract/graph';
import type { Cell, Table } from '../../format/table.ts';
import { verb } from '../../verb.ts';

export const graphLs = verb({
  nouns: ['graph'], verbs: ['ls', 'list'], operands: [], summary: 'List the links of the service mesh', example: 'pvcontrol graph ls',
  row: 'getGraph', arguments: () => [], show: table,
});

function table(links: Graph): Table | string {
  if (links.length === 0) return 'No links: no container requires a service.\n';
  const rows = links.map(({ consumer, consumer_pid: to, provider, provider_pid: from, name, type, role, socket, target }): Cell[] => [
    consumer, name, type, role, provider, target, socket, to > 0 && from > 0 ? { text: 'both run', tone: 'good' } : { text: to > 0 ? 'provider is down' : 'consumer is down', tone: 'busy' },
  ]);
  return { head: ['CONSUMER', 'SERVICE', 'TYPE', 'ROLE', 'PROVIDER', 'TARGET', 'SOCKET', 'ENDS'], rows };
}
