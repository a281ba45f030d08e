/** Containers that want the host: what they are given leads nowhere, and the host stays as it was. */
import { join } from 'node:path';
import { waitFor } from '@pv/testkit/wait-for';
import { describe, expect, it } from 'vitest';
import { run, useBooted } from '../kit/booted.ts';
import { customExport } from '../kit/custom-export.ts';

const app = { PV_GROUP: 'app', PV_RESTART_POLICY: 'container', PV_AUTO_RECOVERY: { policy: 'always', retry_delay: 600 } };
const idle = 'trap "exit 0" PWR TERM; while :; do sleep 0.2; done';
const offer = (name: string) => ({ services: [{ name, type: 'unix', socket: '/run/example/x.sock' }] });
const want = (name: string, provider: string, target: string) => ({ services: [{ type: 'unix', name, provider, socket: target }] });
const client = (target: string) => `while :; do echo "GET /containers HTTP/1.0" | socat -t 1 - UNIX-CONNECT:${target}; sleep 0.3; done`;
const socat = ['/usr/bin/socat'];

const device = useBooted(async (box) => {
  const dir = join(box.dir, 'custom');
  const make = (name: string, script: string, services?: unknown) => customExport(dir, { name, script, args: app, programs: socat, ...(services === undefined ? {} : { services }) });
  return {
    // One of them never runs, so the revision is never READY.
    readyWithinMs: 0,
    exports: [
      await make('tunnel', `mkdir -p /run/example; ln -s ${run}/core/pv-core /run/example/x.sock; ${idle}`, offer('tunnel')),
      await make('climber', `mkdir -p /run/example; ln -s ../../../../../..${run}/pv-ctrl /run/example/x.sock; ${idle}`, offer('climber')),
      await make('honest', `mkdir -p /run/example; socat UNIX-LISTEN:/run/example/x.sock,fork,mode=666 EXEC:cat & ${idle}`, offer('honest')),
      await make('tunnel-user', client('/run/pv/t.sock'), want('tunnel', 'tunnel', '/run/pv/t.sock')),
      await make('climber-user', client('/run/pv/c.sock'), want('climber', 'climber', '/run/pv/c.sock')),
      // Its target's parent is a link: absolute, to a directory that the host has and it has not.
      await make('linker', `ln -s /var/lib /run/pv; ${idle}`, want('honest', 'honest', '/run/pv/linked.sock')),
      await make('up-linker', `ln -s ../../../../../../var/lib /run/pv; ${idle}`, want('honest', 'honest', '/run/pv/up-linked.sock')),
      await make('squatter', idle, want('honest', 'honest', '/start')),
      await make('sleeper', 'exit 1', want('honest', 'honest', '/var/lib/sleeper.sock')),
    ],
  };
});

const links = async () => (device.box.log() ?? '').split('\n').filter((line) => line.includes('[pv-xconnect-'));
const hostFiles = async () => (await device.box.exec(['find', '/var/lib', '/etc', '-xdev', '-newer', '/proc/1/cmdline', '-type', 's'])).stdout;

describe('7.2-11 a provider whose socket is a link', () => {
  it.each([['tunnel-user', 'absolute, to the host\'s control socket'], ['climber-user', 'relative, up and out']])('%s: %s reaches nothing', async (user) => {
    await waitFor(async () => (await links()).some((line) => line.includes(`${user}/`)), { what: 'the link', detail: () => device.box.log() ?? '' });
    await waitFor(async () => (await links()).some((line) => line.includes('Could not connect to provider socket /run/example/x.sock')), { what: 'a refusal', detail: async () => (await links()).join('\n') });
    expect(await device.console(user)).not.toContain('HTTP/');
    expect(await device.console(user)).not.toContain('"name"');
  });
});

describe('7.2-12 a consumer whose target', () => {
  it('has a link as parent gets its socket inside its own root, or none', async () => {
    await waitFor(async () => ['linker', 'up-linker', 'squatter'].every((name) => (device.box.log() ?? '').includes(`${name}/honest`)), { what: 'all links to be tried', detail: async () => (await links()).join('\n') });
    for (const name of ['linked.sock', 'up-linked.sock']) expect((await device.box.exec(['test', '-e', `/var/lib/${name}`])).code).toBe(1);
    expect(await hostFiles()).toBe('');
  });

  it('is a file of its own keeps it, and is told why there is no socket', async () => {
    const read = await device.box.exec(['lxc-attach', '-n', 'squatter', '--', 'cat', '/start']);
    expect(read.stdout).toContain(idle);
    await waitFor(async () => (await links()).some((line) => line.includes('Failed to add link for honest: /start exists and is not a socket; it is left as it is (consumer squatter')), { what: 'the reason', detail: async () => (await links()).join('\n') });
  });
});

describe('7.2-14 a consumer that does not run', () => {
  it('touches nothing of the host: the link waits', async () => {
    expect(await device.container('sleeper')).toMatchObject({ status: 'RECOVERING', pid: 0 });
    await waitFor(async () => (await links()).some((line) => line.includes('Link waiting: sleeper/honest')), { what: 'the waiting link', detail: async () => (await links()).join('\n') });
    expect((await device.box.exec(['test', '-e', '/var/lib/sleeper.sock'])).code).toBe(1);
  });
});
