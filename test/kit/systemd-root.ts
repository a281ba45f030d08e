/** A Debian whose process 1 is its own systemd, in a box with cgroups of version 2, as systemd wants them. */
import type { Box } from '@pv/testkit/box/box';
import type { CommandResult } from '@pv/testkit/box/command';
import { waitFor } from '@pv/testkit/wait-for';
import type { DebianRoot } from './debian-root.ts';

/** What packages' scripts make where a system is installed; and no services for hardware, network and a first user. */
const setUp = `
tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
cp /usr/share/base-passwd/passwd.master /etc/passwd
cp /usr/share/base-passwd/group.master /etc/group
cd /etc/systemd/system
ln -sf /usr/lib/systemd/system/multi-user.target default.target
for unit in systemd-firstboot.service systemd-networkd.service systemd-networkd.socket systemd-udevd.service systemd-modules-load.service; do
  ln -sf /dev/null "$unit"
done
`;

/** Resolves when it is up. What it gives runs a program there, as a user at its console would. */
export async function bootSystemd(box: Box, root: DebianRoot): Promise<(...argv: readonly string[]) => Promise<CommandResult>> {
  await root.must('sh', '-euc', setUp);
  const start = `mount -t proc proc "$1/proc" && exec chroot "$1" /usr/bin/env -i container=lxc PATH=/usr/sbin:/usr/bin /usr/lib/systemd/systemd`;
  const systemd = await box.background(['unshare', '--mount', '--pid', '--cgroup', '--fork', '--kill-child', 'sh', '-c', start, 'sh', root.path]);
  const pidOf = (): number => box.processes().find(({ argv }) => argv[0] === '/usr/lib/systemd/systemd')?.pid ?? 0;
  await waitFor(() => pidOf() > 0, { what: 'systemd', detail: systemd.output });
  const place = ['-t', String(pidOf()), '--mount', '--pid', '--cgroup', `--root=/proc/${pidOf()}/root`, '--wdns=/'];
  const run = (...argv: readonly string[]): Promise<CommandResult> => box.exec(['nsenter', ...place, '/usr/bin/env', '-i', 'PATH=/usr/sbin:/usr/bin', ...argv]);
  await waitFor(async () => (await run('systemctl', 'is-system-running')).stdout === 'running\n', { what: 'a system that runs', timeoutMs: 60_000, detail: async () => (await run('systemctl', 'list-units', '--failed')).stdout });
  return run;
}
