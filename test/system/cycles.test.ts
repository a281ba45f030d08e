/** 200 starts and stops of one container: nothing grows. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, it } from 'vitest';
import { run, useBooted } from '../kit/booted.ts';
import { customExport } from '../kit/custom-export.ts';

const device = useBooted(async (box) => ({
  exports: [await customExport(join(box.dir, 'custom'), { name: 'cycler', script: 'trap "exit 0" PWR\necho listening\nwhile :; do sleep 0.05; done', args: { PV_GROUP: 'root', PV_RESTART_POLICY: 'container' } })],
}));

const cycles = 200;

/** One program in the box that cycles through the API; a process of ours per step would cost more than the steps. */
const script = (count: number): string => `
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
const call = (method, path, body) => new Promise((resolve, reject) => {
  const sent = request({ socketPath: '${run}/pv-ctrl', method, path, agent: false, headers: body === undefined ? {} : { 'content-length': body.length } }, (answer) => {
    let text = '';
    answer.setEncoding('utf8').on('data', (chunk) => (text += chunk)).on('end', () => resolve(text));
  }).on('error', reject);
  sent.end(body);
});
const until = async (wanted) => {
  for (let tries = 0; tries < 2000; tries++) {
    const [{ status }] = JSON.parse(await call('GET', '/containers'));
    if (status === wanted) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('never ' + wanted);
};
// A shell that has no trap yet does not hear the polite signal, and a stop waits for it in vain.
const listening = () => readFileSync('${run}/logs/0/cycler/lxc/console.log', 'utf8').split('listening').length;
for (let cycle = 0; cycle < ${count}; cycle++) {
  const before = listening();
  await call('PUT', '/containers/cycler', '{"action":"stop"}');
  await until('STOPPED');
  await call('PUT', '/containers/cycler', '{"action":"start"}');
  await until('STARTED');
  while (listening() === before) await new Promise((resolve) => setTimeout(resolve, 5));
}
console.log('done');`;

const programs = ['pv-core', 'pv-ctrl', 'pv-xconnect'];

function descriptors(): Record<string, number> {
  return Object.fromEntries(programs.map((program) => [program, readdirSync(`/proc/${device.box.hostPid(device.box.pidsOf(program)[0] ?? 0)}/fd`).length]));
}

it(`${cycles} cycles leave no mount, loop device, cgroup, process or descriptor`, { timeout: 500_000 }, async () => {
  const cycle = async (count: number): Promise<void> => {
    const { stdout, stderr } = await device.box.exec(['node', '--input-type=module', '-e', script(count)], { timeoutMs: 450_000 });
    expect(stdout + stderr).toBe('done\n');
  };
  // What is made once, at the first stop (LXC's own cgroup for the way out), does not count as growing.
  await cycle(2);
  const before = { resources: device.box.resources(), descriptors: descriptors() };
  await cycle(cycles);
  const counts = (resources: typeof before.resources) => Object.fromEntries(Object.entries(resources).map(([kind, lines]) => [kind, lines.length]));
  // The shell in the container has a sleep at times.
  const settled = () => JSON.stringify({ ...counts(device.box.resources()), processes: 0 }) === JSON.stringify({ ...counts(before.resources), processes: 0 });
  await waitFor(settled, { what: 'as many resources as before', detail: () => JSON.stringify([before.resources, device.box.resources()], undefined, 1) });
  expect(Math.abs(device.box.processes().length - (before.resources['processes'] ?? []).length)).toBeLessThanOrEqual(4);
  for (const [program, count] of Object.entries(descriptors())) expect([program, count <= (before.descriptors[program] ?? 0) + 3]).toEqual([program, true]);
  expect(await device.appengine.stop()).toBe(0);
  expect(device.box.leaks()).toEqual([]);
});
