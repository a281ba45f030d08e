/**
 * SIGKILL of providers, consumers and pv-xconnect in random order while clients talk, on real containers; then every link
 * is right again and nothing is left behind. The seed is printed: PV_FAULT_SEED repeats a run. PV_FAULT_SECONDS: how long.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { exampleExports } from '@pv/testkit/example-exports';
import { difference } from '@pv/testkit/resources';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, it } from 'vitest';
import { useBooted } from '../kit/booted.ts';
import { type Custom, customExport } from '../kit/custom-export.ts';

const seed = Number(process.env['PV_FAULT_SEED'] ?? Date.now() % 2 ** 32);
const seconds = Number(process.env['PV_FAULT_SECONDS'] ?? 60);

const providers = ['giver-a', 'giver-b'];
const consumers = ['taker-a', 'taker-b', 'taker-c'];
const args = { PV_GROUP: 'app', PV_RESTART_POLICY: 'container', PV_AUTO_RECOVERY: { policy: 'always', retry_delay: 0, max_retries: 1_000_000 } };
const programs = ['/usr/bin/socat'];

const giver = (name: string): Custom => ({
  name, args, programs,
  script: 'mkdir -p /run/example; exec socat UNIX-LISTEN:/run/example/echo.sock,fork,mode=666 EXEC:cat',
  services: { services: [{ type: 'unix', name: `echo-${name}`, socket: '/run/example/echo.sock' }] },
});

/** Each talks to every provider, ten times a second, and says what came back. */
const taker = (name: string): Custom => ({
  name, args, programs,
  script: `n=0
while :; do
  n=$((n + 1))
  for peer in ${providers.join(' ')}; do echo "$peer $n" | socat -t 1 - UNIX-CONNECT:/run/pv/$peer.sock 2>/dev/null; done
  sleep 0.1
done`,
  services: { services: providers.map((provider) => ({ type: 'unix', name: `echo-${provider}`, provider, socket: `/run/pv/${provider}.sock` })) },
});

const device = useBooted(async (box) => {
  const exports = await exampleExports();
  const dir = join(box.dir, 'custom');
  const own = await Promise.all([...providers.map(giver), ...consumers.map(taker)].map((custom) => customExport(dir, custom)));
  return { exports: [exports.path('pv-example-app'), ...own] };
});

it(`are followed by links as before, and leave nothing (seed ${seed}, ${seconds} s)`, { timeout: (seconds + 180) * 1000 }, async () => {
  console.log(`PV_FAULT_SEED=${seed}`);
  await expectAllTalking();
  const before = await traces();
  await killFor(seconds);
  await waitFor(async () => (await device.box.containers()).every(({ status }) => status === 'STARTED'), { what: 'all containers', timeoutMs: 60_000, detail: () => device.box.log() ?? '' });
  await expectAllTalking();
  await waitFor(async () => leftBehind(before, await traces()).length === 0, { what: 'the same traces as before', timeoutMs: 60_000, everyMs: 200, detail: async () => leftBehind(before, await traces()).join('\n') });
  expect(await device.appengine.stop()).toBe(0);
  expect(device.box.leaks()).toEqual([]);
});

async function killFor(duration: number): Promise<void> {
  const random = mulberry32(seed);
  const end = performance.now() + duration * 1000;
  const victims = [...providers, ...consumers, 'pv-xconnect'];
  while (performance.now() < end) {
    await kill(victims[Math.floor(random() * victims.length)] ?? 'pv-xconnect');
    await delay(50 + random() * 500);
  }
}

/** One that is just being started has no process yet, and lives. */
async function kill(name: string): Promise<void> {
  const { box } = device;
  const pid = name === 'pv-xconnect' ? box.pidsOf(name)[0] : (await device.container(name)).pid;
  const hostPid = pid === undefined || pid <= 0 ? undefined : box.hostPid(pid);
  if (hostPid === undefined) return;
  try {
    process.kill(hostPid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}

/** Every consumer hears every provider, anew. */
async function expectAllTalking(): Promise<void> {
  const heard = async (consumer: string, provider: string): Promise<number> => (await device.console(consumer)).split(`${provider} `).length;
  for (const consumer of consumers) {
    for (const provider of providers) {
      const until = await heard(consumer, provider);
      await waitFor(async () => (await heard(consumer, provider)) > until + 2, { what: `${consumer} to hear ${provider}`, timeoutMs: 60_000, everyMs: 200, detail: async () => `${await device.console(consumer)}\n${device.box.log() ?? ''}` });
    }
  }
}

interface Traces {
  readonly daemonFds: number;
  readonly resources: Readonly<Record<string, readonly string[]>>;
}

/** Sockets in the consumers' roots, mounts and cgroups (but LXC's one for the end of any container), how many processes of which kind, and what pv-xconnect has open. */
async function traces(): Promise<Traces> {
  const { box } = device;
  const daemon = box.hostPid(box.pidsOf('pv-xconnect')[0] ?? 0) ?? 0;
  const sockets = await Promise.all(consumers.map(async (name) => {
    const pid = box.hostPid((await device.container(name)).pid) ?? 0;
    return readdirSync(`/proc/${pid}/root/run/pv`).map((entry) => `${name}/${entry}`);
  }));
  const { mounts = [], cgroups = [] } = box.resources();
  const processes = box.processes().filter(({ argv }) => !/^(sleep|socat|cat|sh|\/bin\/sh)$/.test(argv[0] ?? '')).map(({ argv }) => argv.join(' ').replace(/\d{2,}/g, 'N'));
  return { daemonFds: readdirSync(`/proc/${daemon}/fd`).length, resources: { sockets: sockets.flat(), mounts, cgroups: cgroups.filter((path) => !path.endsWith('/lxc.pivot')), processes } };
}

/** Live sessions come and go: a few descriptors each. */
const sessionSlack = 4 * providers.length * consumers.length;

function leftBehind(before: Traces, after: Traces): string[] {
  const fds = after.daemonFds > before.daemonFds + sessionSlack ? [`descriptors of pv-xconnect: ${after.daemonFds} after ${before.daemonFds}`] : [];
  return [...fds, ...difference(before.resources, after.resources)];
}

/** A small well-known generator: the same numbers for the same seed. */
function mulberry32(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
