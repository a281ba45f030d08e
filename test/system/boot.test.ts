/** The example containers, booted in a box; also the pattern for tests to come. */
import { Container } from '@pv/contract/containers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { bootAppengine, type Appengine } from '@pv/testkit/box/appengine';
import type { Box } from '@pv/testkit/box/box';
import { startBox } from '@pv/testkit/box/start-box';
import { exampleExports } from '@pv/testkit/example-exports';
import { waitFor } from '@pv/testkit/wait-for';

const names = ['pv-example-app', 'pv-example-unix-client', 'pv-example-unix-server'];

describe('a boot of the examples', () => {
  const made: { box?: Box; appengine?: Appengine } = {};
  const box = (): Box => made.box ?? expect.fail('there is no box');
  const appengine = (): Appengine => made.appengine ?? expect.fail('there is no appengine');

  beforeAll(async () => {
    const exports = await exampleExports();
    made.box = await startBox();
    made.appengine = await bootAppengine(box(), { exports: names.map((name) => exports.path(name)) });
  });
  afterAll(() => made.box?.stop());

  it('says READY where users look for it', async () => {
    const { stdout } = await box().exec(['grep', 'status is now READY', '/run/pantavisor/pv/logs/0/pantavisor/pantavisor.log']);
    expect(stdout).toMatch(/^\[pantavisor\] \d+ INFO\t -- \[state\]: \(\w+:\d+\) state revision '0' status is now READY$/m);
  });

  it('lists the containers as JSON in a pipe', async () => {
    const { code, stdout, stderr } = await box().pvcontrol('ls');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const containers = (JSON.parse(stdout) as unknown[]).map((one) => Container.parse(one));
    expect(containers.map(({ name, status }) => `${name} ${status}`)).toEqual(names.map((name) => `${name} STARTED`));
    expect(containers.map(({ pid }) => box().hostPid(pid)).every((pid) => pid !== undefined)).toBe(true);
  });

  it('shows them to LXC without a path option', async () => {
    const { stdout } = await box().exec(['lxc-ls', '--running', '-1']);
    expect(stdout.trim().split('\n').sort()).toEqual(names);
  });

  it('carries a message through the mesh and back', async () => {
    const console = (): Promise<string | undefined> => box().read('/run/pantavisor/pv/logs/0/pv-example-unix-client/lxc/console.log');
    await waitFor(async () => (await console())?.match(/^Hello from client at /m), { what: 'an echo', timeoutMs: 30_000, detail: async () => String(await console()) });
  });

  it('stops by SIGTERM and leaves nothing', async () => {
    expect(await appengine().stop()).toBe(0);
    expect(box().leaks()).toEqual([]);
    expect((await box().exec(['ls', '/run/pantavisor/pv', '/var/lib/lxc'])).stdout).toBe('/run/pantavisor/pv:\n\n/var/lib/lxc:\n');
  });
});

describe('a machine with version 2 control groups only', () => {
  it('boots, and is left as it was', async () => {
    const exports = await exampleExports();
    const box = await startBox({ cgroups: 'unified' });
    onTestFinished(() => box.stop());
    const appengine = await bootAppengine(box, { exports: names.map((name) => exports.path(name)) });
    expect((await box.containers()).map(({ name, status }) => `${name} ${status}`)).toEqual(names.map((name) => `${name} STARTED`));
    expect((await box.exec(['cat', '/sys/fs/cgroup/lxc/pv-example-app/cgroup.procs'])).stdout).not.toBe('');
    expect(await appengine.stop()).toBe(0);
    expect(box.leaks()).toEqual([]);
  });
});
