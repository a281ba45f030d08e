import { hostName } from '@pv/contract/grammar';
import type { Graph, Link } from '@pv/contract/graph';
import type { Cell, Table } from '../../format/table.ts';
import { verb } from '../../verb.ts';

export const graphLs = verb({
  nouns: ['graph'], verbs: ['ls', 'list'], operands: [], summary: 'List the links of the service mesh', example: 'pvcontrol graph ls',
  row: 'getGraph', arguments: () => [], show: table,
});

function table(links: Graph): Table | string {
  if (links.length === 0) return 'No links: no container requires a service.\n';
  const rows = links.map((link): Cell[] => {
    const { consumer, provider, name, type, role, socket, target } = link;
    return [consumer, name, type, role, provider, target, socket, ends(link)];
  });
  return { head: ['CONSUMER', 'SERVICE', 'TYPE', 'ROLE', 'PROVIDER', 'TARGET', 'SOCKET', 'ENDS'], rows };
}

/** The host has no pid in the graph, and runs. */
function ends({ consumer_pid: consumer, provider, provider_pid: pid }: Link): Cell {
  const down = [...(consumer > 0 ? [] : ['consumer']), ...(pid > 0 || provider === hostName ? [] : ['provider'])];
  if (down.length === 0) return { text: 'both run', tone: 'good' };
  return { text: down.length === 2 ? 'both are down' : `${down.join()} is down`, tone: 'busy' };
}
