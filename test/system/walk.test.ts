/** The walk of a user, with the examples that need nothing but busybox and socat, through the tools and the API. */
import { exampleExports } from '@pv/testkit/example-exports';
import { waitFor } from '@pv/testkit/wait-for';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, useBooted } from '../kit/booted.ts';

const names = ['pv-example-app', 'pv-example-norole', 'pv-example-random', 'pv-example-recovery', 'pv-example-stubborn', 'pv-example-unix-client', 'pv-example-unix-server'];
const device = useBooted(async () => {
  const exports = await exampleExports();
  return { exports: names.map((name) => exports.path(name)) };
});

describe('what is listed', () => {
  it('containers with their goals, in start order', async () => {
    const containers = await device.box.containers();
    expect(containers.map(({ name }) => name)).toEqual(names);
    expect(containers.find(({ name }) => name === 'pv-example-norole')).toMatchObject({ group: 'root', restart_policy: 'system', roles: [] });
    expect(containers.find(({ name }) => name === 'pv-example-norole')).not.toHaveProperty('user_stopped');
    expect(containers.find(({ name }) => name === 'pv-example-recovery')).toMatchObject({ restart_policy: 'container', roles: ['mgmt'], user_stopped: 'false', auto_recovery: { policy: 'on-failure', max_retries: 5, backoff_policy: '10min', is_stable: 'false' } });
  });

  it('7.1-8 groups, and daemons with pid and respawn', async () => {
    const { text } = await device.http('GET', '/groups');
    expect((JSON.parse(text) as { name: string }[]).map(({ name }) => name)).toEqual(['data', 'root', 'platform', 'app']);
    const daemons = JSON.parse((await device.http('GET', '/daemons')).text) as { name: string; pid: number; respawn: boolean }[];
    expect(daemons[0]).toEqual({ name: 'hwrngd', pid: 0, respawn: true });
    for (const name of ['pv-ctrl', 'pv-xconnect']) expect(daemons.find((one) => one.name === name)).toMatchObject({ pid: expect.toSatisfy((pid: number) => pid > 0), respawn: true });
  });

  it('the graph, field by field', async () => {
    const [consumer, provider] = [await device.container('pv-example-unix-client'), await device.container('pv-example-unix-server')];
    expect(JSON.parse((await device.http('GET', '/xconnect-graph')).text)).toEqual([{
      type: 'unix', name: 'raw-unix', consumer: 'pv-example-unix-client', provider: 'pv-example-unix-server', role: 'client', socket: '/run/example/raw.sock',
      interface: '/run/pv/services/raw-unix.sock', target: '/run/pv/services/raw-unix.sock', consumer_pid: consumer.pid, provider_pid: provider.pid,
      consumer_state: 'STARTED', consumer_generation: 1, provider_state: 'STARTED', provider_generation: 1,
    }]);
    const { stdout } = await device.box.exec(['lxc-info', '-n', 'pv-example-unix-client', '-p', '-H']);
    expect(Number(stdout)).toBe(consumer.pid);
    await waitFor(async () => (await device.box.exec(['ls', `/proc/${consumer.pid}/root/run/pv/services/`])).stdout === 'raw-unix.sock\n', { what: 'the injected socket' });
  });

  it('what the build is made of', async () => {
    const { status, text } = await device.http('GET', '/buildinfo');
    expect([status, (JSON.parse(text) as { name: string }).name]).toEqual([200, 'pv-runtime']);
  });

  it('pv-ctrl runs as its own user without capabilities, pv-xconnect with few', async () => {
    const status = async (name: string) => (await device.box.read(`/proc/${(await device.daemon(name)).pid}/status`)) ?? '';
    const door = await status('pv-ctrl');
    expect(door).toMatch(/^Uid:\s+65411\s+65411\s+65411\s+65411$/m);
    for (const set of ['CapPrm', 'CapEff', 'CapBnd']) expect(door).toMatch(new RegExp(`^${set}:\\s+0+$`, 'm'));
    expect(await status('pv-xconnect')).not.toMatch(/^CapEff:\s+0*1ffffffffff$/m);
  });
});

describe('stop, start, restart', () => {
  it('of pv-example-app', async () => {
    const before = await device.container('pv-example-app');
    expect(await device.box.pvcontrol('container', 'stop', 'pv-example-app')).toEqual({ code: 0, stdout: '\n', stderr: '' });
    expect(await device.until('pv-example-app', ({ status }) => status === 'STOPPED')).toMatchObject({ user_stopped: 'true', pid: 0, last_exit: { kind: 'exit', code: 0 } });
    expect((await device.box.exec(['lxc-info', '-n', 'pv-example-app', '-s', '-H'])).stdout).not.toContain('RUNNING');
    expect(device.box.resources()['mounts']?.filter((point) => point.includes('/pv-example-app/'))).toEqual([]);
    await device.box.pvcontrol('containers', 'start', 'pv-example-app');
    const started = await device.until('pv-example-app', ({ status }) => status === 'STARTED');
    expect(started).toMatchObject({ user_stopped: 'false' });
    expect(started.pid).not.toBe(before.pid);
    await device.box.pvcontrol('containers', 'restart', 'pv-example-app');
    await device.until('pv-example-app', ({ status, pid }) => status === 'STARTED' && pid !== started.pid);
    expect(device.box.resources()['mounts']?.filter((point) => point.includes('/pv-example-app/'))).toHaveLength(2);
    expect(await device.console('pv-example-app')).toContain('Received shutdown signal, exiting...');
  });

  it('of pv-example-stubborn, which ends by force', async () => {
    await device.http('PUT', '/containers/pv-example-stubborn', '{"action":"stop"}');
    expect(await device.until('pv-example-stubborn', ({ status }) => status === 'STOPPED')).toMatchObject({ last_exit: { kind: 'signal', signal: 9 } });
    const log = device.box.log() ?? '';
    for (const line of ["leniently stopping platform 'pv-example-stubborn'", "platform 'pv-example-stubborn' did not exit after lenient stop, force stopping"]) expect(log).toContain(line);
    await device.box.pvcontrol('container', 'start', 'pv-example-stubborn');
    await device.until('pv-example-stubborn', ({ status }) => status === 'STARTED');
  });

  it.each([
    ['PUT', '/containers/pv-example-norole', '{"action":"stop"}', 403, "Container has restart_policy 'system' and cannot be controlled via API"],
    ['PUT', '/containers/nope', '{"action":"stop"}', 404, 'Container not found'],
    ['PUT', '/daemons/nope', '{"action":"stop"}', 404, 'Daemon not found'],
    ['GET', '/nope', undefined, 404, 'unknown endpoint'],
    ['PUT', '/containers/pv-example-app', '{"action"', 400, 'Invalid JSON'],
    ['PUT', '/containers/pv-example-app', '{}', 400, "Missing 'action' field"],
    ['PUT', '/containers/pv-example-app', '{"action":"explode"}', 400, "Invalid action. Use 'start', 'stop', or 'restart'"],
    ['PUT', '/containers/..%2fx', '{"action":"stop"}', 400, 'Invalid name'],
    ['DELETE', '/containers', undefined, 405, 'Method not supported for this endpoint'],
  ])('7.1-8 %s %s %s is answered with %d', async (method, path, body, status, error) => {
    const answer = await device.http(method, path, body);
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(error)]);
  });
});

describe('a container without the role mgmt', () => {
  it('is refused by the API, on its own socket', async () => {
    expect(await device.console('pv-example-norole')).toContain('{"Error":"Request not sent from a mgmt platform"}');
  });

  it('sees its own logs and its own socket, and no more', async () => {
    const list = async (path: string) => (await device.box.exec(['lxc-attach', '-n', 'pv-example-norole', '--', 'ls', path])).stdout.trim().split('\n');
    expect(await list('/pantavisor')).toEqual(['logs', 'pv-ctrl']);
    expect(await list('/pantavisor/logs')).toEqual(['lxc']);
  });
});

describe('the daemons', () => {
  it('7.1-8 an unknown action of a daemon is refused', async () => {
    expect(await device.http('PUT', '/daemons/pv-xconnect', '{"action":"explode"}')).toMatchObject({ status: 400, text: expect.stringContaining('Invalid action') });
  });

  it('7.1-8 pv-xconnect is stopped and started through the API', async () => {
    await device.box.exec(['curl', '-sS', '-X', 'PUT', '--data', '{"action":"stop"}', '--unix-socket', `${run}/pv-ctrl`, 'http://localhost/daemons/pv-xconnect']);
    await waitFor(async () => (await device.daemon('pv-xconnect')).pid === -1, { what: 'the end of pv-xconnect' });
    expect(await device.daemon('pv-xconnect')).toEqual({ name: 'pv-xconnect', pid: -1, respawn: false });
    expect(device.box.pidsOf('pv-xconnect')).toEqual([]);
    await device.box.pvcontrol('daemons', 'start', 'pv-xconnect');
    expect(await device.daemon('pv-xconnect')).toMatchObject({ pid: expect.toSatisfy((pid: number) => pid > 0), respawn: true });
  });

  it('pv-ctrl refuses to be stopped through itself, and can be restarted', async () => {
    const before = await device.daemon('pv-ctrl');
    expect(await device.http('PUT', '/daemons/pv-ctrl', '{"action":"stop"}')).toMatchObject({ status: 403, text: expect.stringContaining('cannot be stopped through itself') });
    expect((await device.daemon('pv-ctrl')).pid).toBe(before.pid);
    expect((await device.http('PUT', '/daemons/pv-ctrl', '{"action":"restart"}')).status).toBe(200);
    await waitFor(async () => (await device.daemon('pv-ctrl')).pid !== before.pid, { what: 'a new pv-ctrl' });
  });

  it('7.1-18 pv-xconnect by hand beside the managed one says so, shows the links, and disturbs nothing', async () => {
    const before = await device.daemon('pv-xconnect');
    const consumer = await device.container('pv-example-unix-client');
    const link = `pv-example-unix-client (pid=${consumer.pid}, unix) -> /run/example/raw.sock (inject to: /run/pv/services/raw-unix.sock)`;
    const { code, stdout } = await device.box.exec(['node', join(import.meta.dirname, '../../dist/lib/pantavisor/pv-xconnect.mjs')]);
    expect(code).toBe(0);
    for (const line of ['pv-xconnect starting...', 'Connected to pv-ctrl', 'Reconciling graph with 1 links', link, String(before.pid)]) expect(stdout).toContain(line);
    expect((await device.daemon('pv-xconnect')).pid).toBe(before.pid);
  });

  it('7.1-18 pv-xconnect by hand does the work when the managed one is stopped', async () => {
    await device.box.pvcontrol('daemons', 'stop', 'pv-xconnect');
    await waitFor(() => device.box.pidsOf('pv-xconnect').length === 0, { what: 'the end of pv-xconnect' });
    const byHand = await device.box.background(['node', join(import.meta.dirname, '../../dist/lib/pantavisor/pv-xconnect.mjs')]);
    const consumer = await device.container('pv-example-unix-client');
    await waitFor(() => byHand.output().includes('Link established: pv-example-unix-client/raw-unix'), { what: 'the link', detail: byHand.output });
    for (const line of [
      'pv-xconnect starting...', 'Connected to pv-ctrl', 'Reconciling graph with 1 links',
      `Adding link: pv-example-unix-client (pid=${consumer.pid}, unix) -> /run/example/raw.sock (inject to: /run/pv/services/raw-unix.sock)`,
      `pvx-unix: Injecting socket /run/pv/services/raw-unix.sock into pid ${consumer.pid} [pv-example-unix-client/raw-unix]`,
    ]) expect(byHand.output().split('\n')).toContain(line);
    process.kill(byHand.hostPid, 'SIGTERM');
    expect(await byHand.ended).toBe(0);
    await device.box.pvcontrol('daemons', 'start', 'pv-xconnect');
    await waitFor(async () => (await device.daemon('pv-xconnect')).pid > 0, { what: 'the managed one' });
  });
});

describe('the end', () => {
  it('leaves nothing', async () => {
    expect(await device.appengine.stop()).toBe(0);
    expect(device.box.leaks()).toEqual([]);
  });
});
