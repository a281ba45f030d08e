/** From a change to a link that works, seen by a client that tries without pause. */
import { join } from 'node:path';
import type { Box } from '@pv/testkit/box/box';
import { bootAppengine } from '@pv/testkit/box/appengine';
import { startBox } from '@pv/testkit/box/start-box';
import { waitFor } from '@pv/testkit/wait-for';
import { customExport } from '../../kit/custom-export.ts';
import { waitForApi } from '../../kit/booted.ts';
import { clientInside } from '../../kit/inside.ts';
import type { Figure } from '../figure.ts';
import { nowMs, usableAt } from './load.ts';
import type { BenchMesh, Place } from './place.ts';

/** Both run; the graph gets one more link. */
export async function graphChange(place: Place, { core }: BenchMesh, graph: readonly unknown[], runs: number): Promise<Figure> {
  const values: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const name = `more${run}`;
    const usable = usableAt(place.programs.load, place.injected(name));
    const changed = nowMs();
    core.set([...graph, place.link(name, 'echo')]);
    values.push((await usable) - changed);
    core.set(graph);
  }
  return { what: 'graph change to usable socket', unit: 'ms', values, aim: 'under 20' };
}

const socket = '/run/pv/services/echo';

/** The whole runtime, real containers: the provider's init is killed, pv-core starts it again at once. */
export async function killedProvider(load: string, runs: number): Promise<Figure> {
  const box = await startBox();
  try {
    const appengine = await bootAppengine(box, { exports: await exports(box, load) });
    await waitForApi(box);
    const values: number[] = [];
    await usableAt(load, await consumerPath(box));
    for (let run = 0; run < runs; run += 1) values.push(await killOnce(box, load));
    await appengine.stop();
    return { what: 'provider killed to usable link, retry delay 0', unit: 'ms', values, aim: 'under 300' };
  } finally {
    await box.stop();
  }
}

async function exports(box: Box, load: string): Promise<string[]> {
  const dir = join(box.dir, 'custom');
  const restart = { PV_RESTART_POLICY: 'container', PV_AUTO_RECOVERY: { policy: 'always', retry_delay: 0, max_retries: 1000 } };
  return [
    await customExport(dir, {
      name: 'provider', script: 'mkdir -p /run/example; exec /usr/bin/load serve /run/example', programs: [load],
      services: { '#spec': 'service-manifest-xconnect@1', services: [{ type: 'unix', name: 'echo', socket: '/run/example/echo' }] },
      args: { PV_GROUP: 'app', ...restart },
    }),
    await customExport(dir, {
      name: 'consumer', script: 'while :; do sleep 3600; done',
      services: { services: [{ type: 'unix', name: 'echo', provider: 'provider', socket }] }, args: { PV_GROUP: 'app' },
    }),
  ];
}

async function killOnce(box: Box, load: string): Promise<number> {
  const init = box.hostPid(await pidOf(box, 'provider'));
  if (init === undefined) throw new Error('the provider does not run');
  const path = await consumerPath(box);
  const killed = nowMs();
  process.kill(init, 'SIGKILL');
  await waitFor(() => !alive(init), { what: "the end of the provider's init", everyMs: 1 });
  return (await usableAt(load, path)) - killed;
}

/** pv-core's own answer may still name the one before. */
async function pidOf(box: Box, name: string): Promise<number> {
  return waitFor(async () => {
    const answer = await clientInside(box).call('listContainers');
    const found = answer.kind === 'ok' ? answer.value.find((one) => one.name === name) : undefined;
    return found?.status === 'STARTED' && box.hostPid(found.pid) !== undefined ? found.pid : undefined;
  }, { what: `${name} to be started`, everyMs: 5, timeoutMs: 30_000, detail: () => box.log() ?? '' });
}

async function consumerPath(box: Box): Promise<string> {
  return `/proc/${box.hostPid(await pidOf(box, 'consumer')) ?? 0}/root${socket}`;
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
