/** A process of the host that counts as one of a container. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '@pv/testkit/wait-for';
import type { Container } from './container.ts';

/** Moves the process into the cgroup of a container that runs. */
export async function joinCgroup(pid: number, container: Container): Promise<void> {
  const line = readFileSync(`/proc/${container.pid}/cgroup`, 'utf8').split('\n').find((text) => text.includes(container.name)) ?? '';
  const [, controller = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
  writeFileSync(join('/sys/fs/cgroup', controller, path, 'cgroup.procs'), String(pid));
  await waitFor(() => readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(container.name), { what: 'the process being in the cgroup' });
}
