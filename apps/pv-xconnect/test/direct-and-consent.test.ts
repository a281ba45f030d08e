/** The daemon with links that are not relayed, and with providers that say who may come. */
import { existsSync, lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { paths } from '@pv/contract/paths';
import { systemClock } from '@pv/runtime/clock';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, test } from 'vitest';
import { call } from '../src/http-call.ts';
import type { MeshLink } from '../src/links/mesh.ts';
import { tempDir } from './kit/cleanup.ts';
import { startContainer, type Container } from './kit/container.ts';
import { FakeCore } from './kit/core.ts';
import { link, runDaemon } from './kit/daemon.ts';
import { bundleProgram, program } from './kit/program.ts';
import { ask, echo, says, serve } from './kit/sockets.ts';

bundleProgram();

const socketPath = '/run/example/raw.sock';
const target = '/run/pv/services/raw.sock';

/** The inode there, as the container's own processes see it. */
function seen({ pid }: Container, path: string): number | undefined {
  return lstatSync(`/proc/${pid}/root${path}`, { throwIfNoEntry: false })?.ino;
}

test('a direct link is the provider\'s own socket, follows it when it is made anew, and goes with the link', async () => {
  const [consumer, provider, daemon] = await Promise.all([startContainer('consumer'), startContainer('provider'), runDaemon()]);
  const first = await serve(provider.at(socketPath), says('first'));
  daemon.core.set([link(consumer, provider, { mode: 'direct' })]);
  await daemon.printed('Link established');
  expect(seen(consumer, target)).toBe(lstatSync(provider.at(socketPath)).ino);
  first.close();
  rmSync(provider.at(socketPath), { force: true });
  await serve(provider.at(socketPath), says('second'));
  await waitFor(() => seen(consumer, target) === lstatSync(provider.at(socketPath)).ino, { what: 'the new socket in the consumer' });
  daemon.core.set([]);
  await daemon.printed('Removing link');
  expect(existsSync(consumer.at(target))).toBe(false);
});

test('direct and relayed links are right again after a SIGKILL of the daemon', async () => {
  const run = tempDir();
  const core = new FakeCore(join(run, 'core', 'pv-core'));
  const [consumer, provider] = await Promise.all([startContainer('consumer'), startContainer('provider'), core.start()]);
  await serve(provider.at(socketPath), echo);
  core.set([link(consumer, provider), link(consumer, provider, { name: 'direct', mode: 'direct', target: '/run/direct.sock' })]);
  const first = program([], { PV_SYSTEM_RUNDIR: run });
  await first.printed(`Link established: ${consumer.name}/direct`);
  await first.signal('SIGKILL');
  const second = program([], { PV_SYSTEM_RUNDIR: run });
  await second.printed(`Link established: ${consumer.name}/direct`);
  expect(await ask(consumer.at(target), 'relayed')).toBe('relayed');
  expect(seen(consumer, '/run/direct.sock')).toBe(lstatSync(provider.at(socketPath)).ino);
  expect(second.err()).toBe('');
});

test('a provider that does not want this consumer or role is left alone, whatever the graph says', async () => {
  const [consumer, provider, daemon] = await Promise.all([startContainer('consumer'), startContainer('provider'), runDaemon()]);
  await serve(provider.at(socketPath), echo);
  daemon.core.set([
    link(consumer, provider, { role: 'guest' as never, roles: ['admin' as never] }),
    link(consumer, provider, { name: 'other', target: '/run/other.sock', consumers: ['somebody' as never] }),
    link(consumer, provider, { name: 'open', target: '/run/open.sock', roles: ['any' as never] }),
  ]);
  expect(await daemon.complained('rule=roles')).toMatch(/^audit: refused consumer=\S+ service=raw provider=\S+ role=guest rule=roles: /);
  await daemon.complained('rule=consumers');
  await daemon.printed(`Link established: ${consumer.name}/open`);
  expect([existsSync(consumer.at(target)), existsSync(consumer.at('/run/other.sock')), existsSync(consumer.at('/run/open.sock'))]).toEqual([false, false, true]);
  const status = await call({ socketPath: daemon.ownSocket, ...paths.listLinks, deadline: 10, clock: systemClock });
  if (status.kind !== 'answer') throw new Error(status.reason);
  expect((JSON.parse(status.body.toString()) as MeshLink[]).map(({ name, state, refused }) => [name, state, refused])).toEqual([['raw', 'failed', 1], ['other', 'failed', 1], ['open', 'established', 0]]);
});
