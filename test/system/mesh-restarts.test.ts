/** The two ends of links, and pv-xconnect itself, end at the worst moments: in the middle of a transfer, of another restart, of an injection. */
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { LinkStatus } from '@pv/contract/graph';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, it, onTestFinished } from 'vitest';
import { useBooted } from '../kit/booted.ts';
import { customExport } from '../kit/custom-export.ts';

const many = 300;
const args = { PV_GROUP: 'app', PV_RESTART_POLICY: 'container', PV_AUTO_RECOVERY: { policy: 'always', retry_delay: 0, max_retries: 100 } };
const programs = ['/usr/bin/socat'];
const listen = (name: string, program: string): string => `socat UNIX-LISTEN:/run/example/${name}.sock,fork,mode=666 EXEC:'${program}' &`;
const idle = 'trap "exit 0" PWR\nwhile :; do sleep 0.1; done';
const need = (name: string, target: string) => ({ type: 'unix', name, provider: 'giver', socket: target });

const device = useBooted(async (box) => {
  const dir = join(box.dir, 'custom');
  return {
    exports: [
      await customExport(dir, {
        name: 'giver', args, programs,
        script: `mkdir -p /run/example\n${listen('echo', 'cat')}\n${listen('endless', 'cat /dev/zero')}\n${idle}`,
        services: { services: ['echo', 'endless'].map((name) => ({ type: 'unix', name, socket: `/run/example/${name}.sock` })) },
      }),
      await customExport(dir, {
        name: 'taker', args, programs, script: idle,
        services: { services: [need('endless', '/run/endless.sock'), ...Array.from({ length: many }, (_, index) => need('echo', `/run/many/${index}.sock`))] },
      }),
    ],
  };
});

/** Of all links; empty while pv-xconnect is away. */
async function links(): Promise<LinkStatus[]> {
  const { status, text } = await device.http('GET', '/xconnect-status');
  return status === 200 ? (JSON.parse(text) as LinkStatus[]) : [];
}

/** The root of a container that runs, as the host knows it. */
async function rootOf(name: string): Promise<string> {
  const { pid } = await device.container(name);
  return `/proc/${device.box.hostPid(pid)}/root`;
}

async function ask(path: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = '';
    connect({ path, allowHalfOpen: true }).on('data', (chunk: Buffer) => (heard += chunk.toString())).once('end', () => resolve(heard)).once('error', reject).end(text);
  });
}

/** Every link is there, none with a socket that nobody serves. */
async function expectAllServed(): Promise<void> {
  const established = async (): Promise<number> => (await links()).filter(({ state }) => state === 'established').length;
  await waitFor(async () => (await established()) === many + 1, { what: 'all links', timeoutMs: 60_000, everyMs: 100, detail: async () => `${await established()}\n${device.box.log()?.slice(-5_000) ?? ''}` });
  const root = await rootOf('taker');
  expect(readdirSync(`${root}/run/many`)).toHaveLength(many);
  // Its listeners may be a moment behind its state.
  await waitFor(async () => (await ask(`${root}/run/many/0.sock`, 'up?')) === 'up?', { what: 'the provider', detail: () => device.console('giver') });
  for (let index = 0; index < many; index++) expect(await ask(`${root}/run/many/${index}.sock`, `echo ${index}`)).toBe(`echo ${index}`);
}

async function restart(name: string): Promise<void> {
  const { pid } = await device.container(name);
  expect((await device.box.pvcontrol('containers', 'restart', name)).code).toBe(0);
  await device.until(name, (now) => now.status === 'STARTED' && now.pid !== pid);
}

it('7.1-10 7.2-15 a provider that restarts in the middle of a transfer ends it, and is there for the next', async () => {
  await expectAllServed();
  const reader = await device.box.background(['lxc-attach', '-n', 'taker', '--', 'sh', '-c', 'exec >/tmp/out 2>&1; socat -u UNIX-CONNECT:/run/endless.sock - | wc -c > /tmp/count; echo ended']);
  onTestFinished(() => reader.kill());
  const transferred = async (): Promise<number> => (await links()).find(({ name }) => name === 'endless')?.bytes_to_consumer ?? 0;
  await waitFor(async () => (await transferred()) > 10_000_000, { what: 'a transfer' });
  await restart('giver');
  const root = await rootOf('taker');
  await waitFor(() => readFileSync(`${root}/tmp/out`, 'utf8') === 'ended\n', { what: 'the end of the transfer', detail: () => readFileSync(`${root}/tmp/out`, 'utf8') });
  expect(Number(readFileSync(`${root}/tmp/count`, 'utf8'))).toBeGreaterThan(10_000_000);
  await expectAllServed();
});

it('7.1-10 7.2-15 a consumer that restarts twice in a row has every socket in the root that it has in the end', async () => {
  await restart('taker');
  await restart('taker');
  await expectAllServed();
  for (let round = 0; round < 2; round++) {
    const { pid } = await device.container('taker');
    process.kill(device.box.hostPid(pid) ?? 0, 'SIGKILL');
    await device.until('taker', (now) => now.status === 'STARTED' && now.pid !== pid);
  }
  await expectAllServed();
});

it('7.2-15 a SIGKILL of pv-xconnect in the middle of injecting leaves no dead socket and no link behind', async () => {
  const place = `${await rootOf('taker')}/run/many`;
  const reached: number[] = [];
  while (reached.length < 3) {
    expect((await device.box.pvcontrol('daemons', 'stop', 'pv-xconnect')).code).toBe(0);
    await waitFor(() => device.box.pidsOf('pv-xconnect').length === 0 && readdirSync(place).length === 0, { what: 'the end of pv-xconnect', detail: () => readdirSync(place).join() });
    expect((await device.box.pvcontrol('daemons', 'start', 'pv-xconnect')).code).toBe(0);
    const victim = await waitFor(() => device.box.hostPid(device.box.pidsOf('pv-xconnect')[0] ?? 0), { what: 'a new pv-xconnect', everyMs: 1 });
    reached.push(await waitFor(() => killAt(place, 1 + 50 * reached.length, victim), { what: 'sockets', everyMs: 0 }));
    await expectAllServed();
  }
  expect(reached.filter((count) => count > 0 && count < many), reached.join()).not.toEqual([]);
});

/** Kills as soon as there are so many entries; how many there were then. Looks without a pause for a while, since all is done in a few milliseconds. */
function killAt(place: string, count: number, pid: number): number | undefined {
  for (let look = 0; look < 1_000; look++) {
    if (readdirSync(place).length < count) continue;
    process.kill(pid, 'SIGKILL');
    return readdirSync(place).length;
  }
  return undefined;
}

it('leaves nothing', async () => {
  expect(await device.appengine.stop()).toBe(0);
  expect(device.box.leaks()).toEqual([]);
});
