/** SIGKILL of everything at once, containers and their monitors too, as when a memory hog takes the machine down but not the kernel. */
import { bootAppengine } from '@pv/testkit/box/appengine';
import { exampleExports } from '@pv/testkit/example-exports';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, it } from 'vitest';
import { useBooted, waitForApi } from '../kit/booted.ts';

const names = ['pv-example-app', 'pv-example-norole', 'pv-example-unix-server'];
const device = useBooted(async () => {
  const exports = await exampleExports();
  return { exports: names.map((name) => exports.path(name)) };
});

it('is followed by a boot like the first, and leaves nothing in the end', async () => {
  const { box } = device;
  const running = () => box.processes().filter(({ pid, argv }) => pid !== 1 && argv[0] !== 'sleep');
  await waitFor(() => {
    const victims = running();
    for (const { hostPid } of victims) kill(hostPid);
    return victims.length === 0;
  }, { what: 'a box without processes', detail: () => JSON.stringify(running()) });
  await device.appengine.ended;
  const again = await bootAppengine(box, { args: ['-d', '0'], readyWithinMs: 0 });
  await waitForApi(box);
  // A system container was lost: pv-core reboots once, from nothing.
  await waitFor(() => again.output().split('launching pantavisor').length === 3, { what: 'the reboot', detail: again.output });
  await waitForApi(box);
  for (const name of names) await device.until(name, ({ status }) => status === 'STARTED');
  expect(await again.stop()).toBe(0);
  expect(box.leaks()).toEqual([]);
});

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It went together with another one.
  }
}
