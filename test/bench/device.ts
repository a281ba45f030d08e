/** The device that is measured: six example containers in a box, and how the figures reach into it. */
import type { Client } from '@pv/client/client';
import type { Container } from '@pv/contract/containers';
import { type Appengine, bootAppengine } from '@pv/testkit/box/appengine';
import type { Box } from '@pv/testkit/box/box';
import { exampleExports } from '@pv/testkit/example-exports';
import { waitFor } from '@pv/testkit/wait-for';
import { clientInside, pathInside } from '../kit/inside.ts';
import { LogTail } from './log-tail.ts';

export const names = ['pv-example-app', 'pv-example-recovery', 'pv-example-random', 'pv-example-stubborn', 'pv-example-unix-client', 'pv-example-unix-server'];

export const daemons = ['pv-core', 'pv-ctrl', 'pv-xconnect'];

export async function boot(box: Box, readyWithinMs?: number): Promise<Appengine> {
  const exports = await exampleExports();
  return bootAppengine(box, { exports: names.map((name) => exports.path(name)), ...(readyWithinMs === undefined ? {} : { readyWithinMs }) });
}

export function tail(box: Box): LogTail {
  return new LogTail(pathInside(box, '/var/pantavisor/storage/logs/0/pantavisor/pantavisor.log'));
}

export async function ask(client: Client, name: string, action: 'start' | 'stop'): Promise<void> {
  const answer = await client.call('controlContainer', { params: { name }, body: { action } });
  if (answer.kind !== 'ok') throw new Error(`${action} of ${name}: ${JSON.stringify(answer)}`);
}

export async function container(client: Client, name: string): Promise<Container> {
  const answer = await client.call('listContainers');
  const found = answer.kind === 'ok' ? answer.value.find((one) => one.name === name) : undefined;
  if (found === undefined) throw new Error(`no ${name}: ${JSON.stringify(answer)}`);
  return found;
}

export async function until(box: Box, name: string, status: Container['status']): Promise<Container> {
  const client = clientInside(box);
  return waitFor(async () => {
    const found = await container(client, name);
    return found.status === status ? found : undefined;
  }, { what: `${name} in ${status}`, timeoutMs: 30_000 });
}
