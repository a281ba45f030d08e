/** How long things take, seen from outside: by the lines of pantavisor.log and by answers of the API. */
import { spawnSync } from 'node:child_process';
import type { Box } from '@pv/testkit/box/box';
import { program } from '@pv/testkit/box/project';
import { waitFor } from '@pv/testkit/wait-for';
import { clientInside, pathInside } from '../kit/inside.ts';
import { ask, boot, container, names, tail, until } from './device.ts';
import { type Figure, median } from './figure.ts';

/** Boots and stops; the storage is installed at the first one, which does not count. */
export async function bootTimes(box: Box, runs: number): Promise<Figure> {
  await (await boot(box)).stop();
  const values: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const log = tail(box);
    const appengine = await boot(box, 0);
    await waitFor(() => /launching \S+ rev=0/.test(appengine.output()), { what: 'a start of pv-core', everyMs: 1, timeoutMs: 60_000, detail: appengine.output });
    const started = performance.now();
    values.push((await log.seen("state revision '0' status is now READY")) - started);
    await appengine.stop();
  }
  return { what: `start of pv-core to READY, ${names.length} containers`, unit: 'ms', values, aim: 'under 1000' };
}

/** A container that ends at once when asked: what is left is ours and LXC's. */
export async function stopTimes(box: Box, runs: number): Promise<Figure> {
  const name = 'pv-example-app';
  const [client, values] = [clientInside(box), [] as number[]];
  for (let run = 0; run < runs; run += 1) {
    await until(box, name, 'STARTED');
    const log = tail(box);
    const asked = performance.now();
    await ask(client, name, 'stop');
    await log.seen(`platform '${name}' status is now STOPPED`);
    // An answer comes after what the line announces: volumes are unmounted.
    await container(client, name);
    values.push(performance.now() - asked);
    await ask(client, name, 'start');
  }
  await until(box, name, 'STARTED');
  return { what: 'stop to STOPPED, its volumes unmounted', unit: 'ms', values };
}

/** The provider comes back; the consumer ran all the time or has just been started. */
export async function injectionTimes(box: Box, runs: number): Promise<Figure> {
  const provider = 'pv-example-unix-server';
  const [client, values] = [clientInside(box), [] as number[]];
  for (let run = 0; run < runs; run += 1) {
    const stopping = tail(box);
    await ask(client, provider, 'stop');
    await until(box, provider, 'STOPPED');
    await stopping.seen('Link waiting: pv-example-unix-client/raw-unix');
    const log = tail(box);
    await ask(client, provider, 'start');
    const changed = await log.seen(`platform '${provider}' status is now STARTED`);
    values.push((await log.seen('Link established: pv-example-unix-client/raw-unix')) - changed);
  }
  return { what: 'graph change to established link', unit: 'ms', values, aim: 'under 20' };
}

export async function recoveryTimes(box: Box, runs: number): Promise<Figure> {
  const name = 'pv-example-recovery';
  const [client, values] = [clientInside(box), [] as number[]];
  for (let run = 0; run < runs; run += 1) {
    await ask(client, name, 'stop');
    await until(box, name, 'STOPPED');
    await ask(client, name, 'start');
    const { pid } = await until(box, name, 'STARTED');
    const log = tail(box);
    const init = box.hostPid(pid);
    if (init === undefined) throw new Error(`${name} has no init`);
    process.kill(init, 'SIGKILL');
    const killed = performance.now();
    values.push((await log.seen(`platform '${name}' status is now RECOVERING`)) - killed);
  }
  return { what: "init's death to RECOVERING", unit: 'ms', values, aim: 'under 50' };
}

/** Side by side, taking turns, so that a busy machine slows both. */
export function toolTimes(box: Box, runs: number): Figure[] {
  const env = { PATH: process.env['PATH'], PV_NODE: process.execPath };
  const socket = pathInside(box, '/run/pantavisor/pv/pv-ctrl');
  const timed = (command: string, args: readonly string[]): number => {
    const begun = performance.now();
    const { status, stderr } = spawnSync(command, args, { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${status}\n${stderr}`);
    return performance.now() - begun;
  };
  const rounds = Array.from({ length: runs }, () => ({ node: timed(process.execPath, ['-e', '0']), pvcontrol: timed(program('pvcontrol'), ['-s', socket, 'ls']) }));
  const [node, pvcontrol] = [rounds.map((round) => round.node), rounds.map((round) => round.pvcontrol)];
  return [
    { what: 'node -e 0', unit: 'ms', values: node },
    { what: 'pvcontrol ls', unit: 'ms', values: pvcontrol },
    { what: 'pvcontrol ls by node -e 0', unit: 'times', values: [median(pvcontrol) / median(node)], aim: 'under 1.5' },
  ];
}
