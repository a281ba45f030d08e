/**
 * /init of the Yocto image pantavisor-bsp, as process 1 of a pid namespace, in a bare Debian with our packages and a
 * busybox, which is what such an image has. A kernel and a boot are tried by hand: docs/overview/yocto.md.
 */
import { join } from 'node:path';
import type { BackgroundCommand } from '@pv/testkit/box/command';
import { project } from '@pv/testkit/box/project';
import { exampleExports } from '@pv/testkit/example-exports';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, it } from 'vitest';
import { installing, packageNames, useDebianPackages } from '../kit/debian-packages.ts';
import type { DebianRoot } from '../kit/debian-root.ts';

const { box, root: withPackages } = useDebianPackages();
/** Milliseconds: two boots, each with five seconds in which its last words can be read, on a machine under load. */
const patience = 300_000;
/** What reboot(2) of a pid namespace ends its process 1 by. */
const restarted = 128 + 1;
const poweredOff = 128 + 2;

async function device(name: string): Promise<DebianRoot> {
  const root = await withPackages(name);
  await root.must(...installing(...packageNames));
  await root.bring('usr/bin', '/bin/busybox');
  for (const applet of ['poweroff', 'reboot']) await root.must('ln', '-s', 'busybox', `/usr/bin/${applet}`);
  await root.bring('', join(project, 'recipes/recipes-pv/init/files/init'));
  const { path } = await exampleExports();
  await root.bring('usr/lib/pantavisor/pvtx.d', path('pv-example-app'));
  return root;
}

/** `parameters`: of the kernel's command line; it hands those that it does not know to process 1. */
function boot(root: DebianRoot, parameters: Readonly<Record<string, string>>): Promise<BackgroundCommand> {
  const fresh = ['unshare', '--fork', '--pid', '--mount', '--kill-child'];
  return box().background([...fresh, 'chroot', root.path, '/init'], parameters);
}

/** Until a container runs; then busybox's own way to tell process 1. */
async function tell(signal: 'USR2' | 'TERM', booted: BackgroundCommand): Promise<void> {
  await waitFor(() => box().processes().some(({ argv }) => argv.includes('/start')), { what: 'a container', timeoutMs: 60_000, detail: booted.output });
  const init = box().processes().find(({ argv }) => argv.join(' ') === '/bin/sh /init') ?? expect.fail('no process 1');
  await box().exec(['kill', `-${signal}`, String(init.pid)]);
}

it('boots, keeps the storage that it is told of, and stops containers in order before poweroff and reboot', async () => {
  const root = await device('device');
  await box().exec(['mkfs.ext4', '-q', join(root.path, 'disk'), '64M']);
  const first = await boot(root, { pv_storage: '/disk' });
  await tell('USR2', first);
  expect([await first.ended, first.output()]).toEqual([poweredOff, expect.stringMatching(/first boot: installed pv-example-app.*told to stop.*stopped; nothing of this run is left/s)]);
  const second = await boot(root, { pv_storage: '/disk' });
  await tell('TERM', second);
  expect([await second.ended, second.output()]).toEqual([restarted, expect.stringMatching(/is set up already.*stopped; nothing of this run is left/s)]);
}, patience);

it('without storage says that nothing is kept; what pv-appengine cannot do restarts the machine', async () => {
  const root = await device('bare');
  await root.must('sh', '-c', 'echo broken > /usr/lib/pantavisor/pvtx.d/broken.tgz');
  const booted = await boot(root, {});
  expect([await booted.ended, booted.output()]).toEqual([restarted, expect.stringMatching(/^init: no pv_storage= given: nothing is kept over a boot\ninit: pv-appengine ended with 1\n.*broken\.tgz: /)]);
}, patience);

it('restarts the machine where its busybox cannot turn it off', async () => {
  const root = await device('no-poweroff');
  await root.must('rm', '/usr/bin/poweroff');
  const booted = await boot(root, {});
  await tell('USR2', booted);
  expect([await booted.ended, booted.output()]).toEqual([restarted, expect.stringMatching(/stopped; nothing of this run is left.*poweroff: not found/s)]);
}, patience);

it('storage that does not turn up is named, and the machine restarts', async () => {
  const root = await device('none');
  const booted = await boot(root, { pv_storage: '/dev/none' });
  expect([await booted.ended, booted.output()]).toEqual([restarted, expect.stringContaining('init: /dev/none cannot be mounted at /var/pantavisor/storage')]);
}, patience);
