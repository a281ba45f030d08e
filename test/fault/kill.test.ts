/** SIGKILL of each of our processes while a client talks: containers do not notice, and nothing is forgotten. */
import { join } from 'node:path';
import { bootAppengine } from '@pv/testkit/box/appengine';
import { exampleExports } from '@pv/testkit/example-exports';
import { waitFor } from '@pv/testkit/wait-for';
import { describe, expect, it } from 'vitest';
import { useBooted, waitForApi } from '../kit/booted.ts';
import { customExport } from '../kit/custom-export.ts';

/** Greets ten times a second over the mesh and writes down what came back. */
const chatty = `n=0
while :; do
  n=$((n + 1))
  echo "greeting $n" | socat -t 1 - UNIX-CONNECT:/run/pv/services/raw-unix.sock 2>/dev/null
  sleep 0.1
done`;
const service = { services: [{ type: 'unix', name: 'raw-unix', provider: 'pv-example-unix-server', socket: '/run/pv/services/raw-unix.sock' }] };

const device = useBooted(async (box) => {
  const exports = await exampleExports();
  const dir = join(box.dir, 'custom');
  return {
    exports: [
      exports.path('pv-example-app'), exports.path('pv-example-unix-server'),
      await customExport(dir, { name: 'chatty', script: chatty, services: service, programs: ['/usr/bin/socat'], args: { PV_GROUP: 'app' } }),
      await customExport(dir, { name: 'mortal', script: 'trap "exit 7" TERM; while :; do sleep 0.1; done', args: { PV_GROUP: 'root', PV_RESTART_POLICY: 'container', PV_AUTO_RECOVERY: { policy: 'always', retry_delay: 600 } } }),
    ],
  };
});

const programs = ['pv-core', 'pv-ctrl', 'pv-xconnect'] as const;
const pids = async () => Object.fromEntries((await device.box.containers()).map(({ name, pid }) => [name, pid]));
const echoes = async () => (await device.console('chatty')).match(/^greeting \d+/gm)?.length ?? 0;

/** All three back, answering, and the client talking. How soon is for the bench: a busy machine takes its time. */
async function expectRecovered(before: Record<string, number>): Promise<void> {
  await waitFor(() => programs.every((program) => device.box.pidsOf(program).length === 1), { what: 'all three programs', detail: () => device.box.log() ?? '' });
  await waitForApi(device.box);
  await waitFor(async () => JSON.stringify(await pids()) === JSON.stringify(before), { what: 'the same pids', detail: async () => JSON.stringify([before, await pids()]) });
  const heard = await echoes();
  await waitFor(async () => (await echoes()) > heard + 1, { what: 'the next echoes', detail: async () => `${await device.console('chatty')}\n${device.box.log() ?? ''}` });
}

/** A program that is starting, or starts another one, is for a moment not there once, or twice. */
async function kill(program: string): Promise<number> {
  const once = (): number | undefined => {
    try {
      return device.box.kill(program, 'SIGKILL');
    } catch {
      return undefined;
    }
  };
  return waitFor(once, { what: `one ${program} to kill`, detail: () => device.box.log() ?? '' });
}

/** Nobody is left to start anything; pv-ctrl, pv-xconnect and the containers run on. */
async function killRuntime(): Promise<void> {
  await kill('pv-appengine');
  // pv-core has the outputs of pv-appengine, which ends for its starter only with them.
  await kill('pv-core');
  await device.appengine.ended;
}

async function bootAgain(): Promise<void> {
  device.appengine = await bootAppengine(device.box, { readyWithinMs: 0 });
  await waitForApi(device.box);
}

describe('SIGKILL', () => {
  it.each(programs)('of %s: containers keep their pids, and the client goes on', async (program) => {
    await waitFor(async () => (await echoes()) > 0, { what: 'the first echo' });
    const before = await pids();
    const killed = await kill(program);
    await waitFor(() => device.box.pidsOf(program).some((pid) => pid !== killed), { what: `a new ${program}`, timeoutMs: 2_000 });
    await expectRecovered(before);
  });

  it('of two and three at once, in changing order', async () => {
    const before = await pids();
    for (const group of [['pv-core', 'pv-ctrl'], ['pv-xconnect', 'pv-core'], ['pv-ctrl', 'pv-xconnect'], ['pv-core', 'pv-ctrl', 'pv-xconnect'], ['pv-ctrl', 'pv-core']] as const) {
      for (const program of group) await kill(program);
      await waitFor(async () => programs.every((program) => device.box.pidsOf(program).length === 1), { what: 'all three programs', timeoutMs: 5_000, detail: () => device.box.log() ?? '' });
      await expectRecovered(before);
    }
  });
});

describe('a pv-core that was away', () => {
  it('learns how a container ended meanwhile, exactly', async () => {
    const { pid } = await device.container('mortal');
    await killRuntime();
    process.kill(device.box.hostPid(pid) ?? expect.fail('no mortal'), 'SIGTERM');
    await waitFor(() => device.box.hostPid(pid) === undefined, { what: 'the end of mortal' });
    await bootAgain();
    expect(await device.until('mortal', ({ status }) => status === 'RECOVERING')).toMatchObject({ last_exit: { kind: 'exit', code: 7 }, auto_recovery: { current_retries: 1 } });
  });

  it('still knows what the user stopped', async () => {
    await device.box.pvcontrol('container', 'stop', 'pv-example-app');
    await device.until('pv-example-app', ({ status }) => status === 'STOPPED');
    const killed = await kill('pv-core');
    await waitFor(() => device.box.pidsOf('pv-core').some((pid) => pid !== killed), { what: 'a new pv-core' });
    await waitForApi(device.box);
    expect(await device.container('pv-example-app')).toMatchObject({ status: 'STOPPED', user_stopped: 'true' });
  });
});

describe('pv-appengine', () => {
  it('killed alone leaves pv-core at work; the next one takes over with the same containers', async () => {
    const before = await pids();
    await kill('pv-appengine');
    await waitForApi(device.box);
    const [orphan] = device.box.pidsOf('pv-core');
    await bootAgain();
    // Until then the API answers too: that is the old pv-core.
    await waitFor(() => device.appengine.output().includes(`left its pv-core (pid ${orphan}): taking over`), { what: 'a take-over', detail: device.appengine.output });
    await expectRecovered(before);
  });

  it('killed and started again goes on with the same containers, and leaves nothing in the end', async () => {
    const before = await pids();
    await killRuntime();
    await bootAgain();
    await waitFor(async () => JSON.stringify(await pids()) === JSON.stringify(before), { what: 'the same pids', detail: async () => JSON.stringify([before, await pids()]) });
    expect(await device.appengine.stop()).toBe(0);
    expect(device.box.leaks()).toEqual([]);
  });
});
