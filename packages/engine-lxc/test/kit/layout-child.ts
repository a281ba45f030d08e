/**
 * Runs in a mount namespace of its own, where /sys/fs/cgroup shows one layout: starts, limits, kills and loses containers
 * there, and prints what it saw as one line of JSON.
 */
import { nothingRemains } from '@pv/engine/conformance';
import { groupsOf } from '@pv/testkit/container-remains';
import { cgroupControllers, cgroupLayout } from '../../src/cgroup.ts';
import { lxcHarness } from './lxc-harness.ts';

const [file = 'layout'] = process.argv.slice(2);
const harness = lxcHarness(file);
const stay = 'echo ready\nsleep 1000 &\nwhile :; do wait; done';

async function start(script: string) {
  const spec = harness.spec(script);
  const result = await harness.engine.start(spec);
  if (result.kind === 'failed') throw new Error(result.reason);
  return { spec, container: result.container };
}

async function startReady() {
  const { spec, container } = await start(stay);
  await harness.waitFor(() => harness.consoleOf(spec).includes('ready'), 'ready');
  return { spec, container, groups: groupsOf(spec.name).length };
}

try {
  const ended = await start('exit 3');
  const killed = await startReady();
  await killed.container.kill();
  const lost = await startReady();
  harness.killMonitor(lost.spec);
  const end = { exit: await ended.container.ended, killed: await killed.container.ended, lost: (await lost.container.ended).kind };
  for (const { spec } of [ended, killed, lost]) await nothingRemains(harness, spec);
  process.stdout.write(`${JSON.stringify({ layout: cgroupLayout(), limits: cgroupControllers().has('pids'), groups: killed.groups, ...end })}\n`);
} finally {
  await harness.close();
}
