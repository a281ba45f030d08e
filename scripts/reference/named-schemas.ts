/** Which schemas of the contract have a name: those that its modules export. */
import * as containers from '@pv/contract/containers';
import * as daemons from '@pv/contract/daemons';
import * as explain from '@pv/contract/explain';
import * as graph from '@pv/contract/graph';
import * as names from '@pv/contract/names';

export function namedSchemas(): ReadonlyMap<unknown, string> {
  const exported = [containers, daemons, explain, graph, names].flatMap((module) => Object.entries(module));
  return new Map(exported.filter(([, value]) => isSchema(value)).map(([name, value]) => [value, name]));
}

function isSchema(value: unknown): boolean {
  return typeof value === 'object' && value !== null && '_zod' in value;
}
