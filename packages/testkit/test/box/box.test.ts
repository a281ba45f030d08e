import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Box } from '../../src/box/box.ts';
import { hierarchies } from '../../src/box/hierarchies.ts';
import { project } from '../../src/box/project.ts';
import { startBox, type BoxOptions } from '../../src/box/start-box.ts';
import { loopDevices } from '../../src/resources.ts';
import { tempRoot } from '../../src/temp-root.ts';
import { waitFor } from '../../src/wait-for.ts';

const image = (name: string): string => `truncate -s 1M ${name} && mke2fs -q -F ${name} && mkdir ${name}.on && mount -n -o loop,ro ${name} ${name}.on`;

async function boxForTest(options: BoxOptions = {}): Promise<Box> {
  const box = await startBox(options);
  onTestFinished(() => box.stop());
  return box;
}

describe('a box', () => {
  const held = { box: undefined as Box | undefined };
  const box = (): Box => held.box ?? fail();
  const fail = (): never => {
    throw new Error('there is no box');
  };
  beforeAll(async () => {
    held.box = await startBox();
  });
  afterAll(() => held.box?.stop());

  it('has pids, a name, a network and cgroups of its own', async () => {
    const { stdout } = await box().exec(['sh', '-c', 'echo $$; cat /proc/sys/kernel/hostname; tail -n +3 /proc/net/dev | cut -d: -f1; cut -d: -f3 /proc/self/cgroup | sort -u']);
    const [pid, name, ...rest] = stdout.split('\n').map((line) => line.trim());
    expect(Number(pid)).toBeLessThan(100);
    expect(name).toBe('pv-box');
    expect(hostname()).not.toBe('pv-box');
    expect(rest).toEqual(existsSync('/sys/fs/cgroup/cgroup.procs') ? ['lo', '/init.scope', ''] : ['lo', '/', ...(existsSync('/sys/fs/cgroup/unified') ? ['/init.scope'] : []), '']);
  });

  it('has nobody in the root of a version 2 hierarchy, which could hand no controller on then', async () => {
    for (const { point } of hierarchies(readFileSync('/proc/self/mountinfo', 'utf8')).filter(({ type }) => type === 'cgroup2')) {
      expect(await box().exec(['cat', join(point, 'cgroup.procs')])).toMatchObject({ code: 0, stdout: '' });
    }
  });

  it('keeps what it writes to the usual places, and shares its directory', async () => {
    const places = ['/etc', '/var', '/var/lib/lxc', '/run', '/tmp', '/dev/shm'].map((place) => join(place, 'pv-box-test'));
    const { code } = await box().exec(['sh', '-c', 'for path in "$@"; do echo x >"$path" || exit 1; done', 'sh', ...places, join(box().dir, 'shared')]);
    expect(code).toBe(0);
    expect(places.filter((path) => existsSync(path))).toEqual([]);
    expect(readFileSync(join(box().dir, 'shared'), 'utf8')).toBe('x\n');
    expect(await box().read('/etc/pv-box-test')).toBe('x\n');
    expect(await box().read('/etc/pv-box-no')).toBeUndefined();
    expect(await box().read(join(project, 'LICENSE'))).toContain('MIT');
  });

  it('runs programs with input, output, environment and exit status', async () => {
    const { code, stdout, stderr } = await box().exec(['sh', '-c', 'cat; echo "$WORD" >&2; exit 7'], { input: 'in\n', env: { WORD: 'err' } });
    expect({ code, stdout, stderr }).toEqual({ code: 7, stdout: 'in\n', stderr: 'err\n' });
    expect(await box().exec(['sh', '-c', 'kill -TERM $$'])).toMatchObject({ code: 143 });
    expect(await box().exec(['/no/such/program'])).toMatchObject({ code: 127 });
  });

  it('ends a program that takes too long, inside too', async () => {
    await expect(box().exec(['sleep', '3601'], { timeoutMs: 200 })).rejects.toThrow('sleep 3601: killed after 200 ms');
    await waitFor(() => !box().processes().some(({ argv }) => argv.includes('3601')), { what: 'the end of the program in the box' });
  });

  it('does not wait for what a program leaves behind, though that holds its outputs open', async () => {
    const leaving = ['sh', '-c', 'sleep 3602 & echo said; [ $# -eq 0 ] || wait', 'sh'];
    expect(await box().exec(leaving)).toEqual({ code: 0, stdout: 'said\n', stderr: '' });
    await expect(box().exec([...leaving, 'on'], { timeoutMs: 200 })).rejects.toThrow('killed after 200 ms\nsaid');
    const running = await box().background([...leaving, 'on']);
    await waitFor(() => running.output() === 'said\n', { what: 'the first output' });
    await running.kill();
    expect(await running.ended).toBe(137);
    const left = box().processes().filter(({ argv }) => argv.includes('3602'));
    expect(left).toHaveLength(3);
    for (const { hostPid } of left) process.kill(hostPid, 'SIGKILL');
  });

  it('knows its processes by both numbers, and a program by its bundle', async () => {
    const path = join(box().dir, 'pv-dummy.mjs');
    writeFileSync(path, 'console.log(process.pid); setInterval(() => {}, 1000);');
    const dummy = await box().background([process.execPath, path]);
    const pid = Number(await waitFor(() => dummy.output().trim() || undefined, { what: 'a pid' }));
    expect(box().pidsOf('pv-dummy')).toEqual([pid]);
    expect(box().hostPid(pid)).toBe(dummy.hostPid);
    expect(box().kill('pv-dummy', 'SIGTERM')).toBe(pid);
    expect(await dummy.ended).toBe(143);
    await waitFor(() => box().pidsOf('pv-dummy').length === 0, { what: 'no more dummy' });
    expect(() => box().kill('pv-dummy', 'SIGTERM')).toThrow('0 processes of pv-dummy');
  });

  it('lets its process 1 reap orphans', async () => {
    const { stdout } = await box().exec(['sh', '-c', '(sleep 0.05 & echo $!)']);
    await waitFor(() => box().hostPid(Number(stdout)) === undefined, { what: 'the end of an orphan' });
  });

  it('lists what is left, by kind', async () => {
    expect(box().leaks()).toEqual([]);
    const hierarchy = existsSync('/sys/fs/cgroup/cgroup.procs') ? '/sys/fs/cgroup' : '/sys/fs/cgroup/pids';
    await box().exec(['sh', '-c', `${image('/run/image')}; rm /run/image; mkdir ${hierarchy}/left; (tail -f /dev/null >/dev/null 2>&1 &)`]);
    const leaks = box().leaks().join('\n');
    expect(leaks).toMatch(/^mounts: \/run\/image.on$/m);
    expect(leaks).toMatch(/^loop devices: \/dev\/loop\d+ .*\(deleted\)$/m);
    expect(leaks).toMatch(/^cgroups: .*\/left$/m);
    expect(leaks).toMatch(/^processes: \d+ tail -f \/dev\/null$/m);
    await box().exec(['sh', '-c', `umount -n /run/image.on; rmdir ${hierarchy}/left; kill $(pidof tail)`]);
    await waitFor(() => box().leaks().length === 0, { what: 'nothing left', detail: () => box().leaks().join('\n') });
  });
});

describe('the end of a box', () => {
  it('leaves nothing of a container, a loop device and a nested cgroup', async () => {
    const box = await startBox();
    await box.exec(['sh', '-c', image('/run/image')]);
    const loops = box.resources()['loop devices'] ?? [];
    expect(loops).toHaveLength(1);
    const config = join(box.dir, 'config');
    writeFileSync(config, 'lxc.uts.name = c\nlxc.rootfs.path = /run/root\nlxc.net.0.type = empty\nlxc.mount.entry = /bin/busybox bin/busybox none ro,bind,create=file\nlxc.init.cmd = /bin/busybox sleep 3600\nlxc.apparmor.profile = unconfined\n');
    const { code, stderr } = await box.exec(['sh', '-c', `mkdir -p /run/root/bin /run/root/dev /run/root/proc; lxc-start -n c -f ${config} -l INFO -o /run/log && lxc-wait -n c -s RUNNING -t 10 || { cat /run/log >&2; exit 1; }`]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect((await box.exec(['lxc-ls', '--running'])).stdout.trim()).toBe('c');
    const pids = box.processes().map(({ hostPid }) => hostPid);
    const cgroups = (box.resources()['cgroups'] ?? []).map((path) => path.replace(/\/lxc\..*$/, ''));
    expect(cgroups.length).toBeGreaterThan(0);
    await box.stop();
    expect([...pids.map((pid) => `/proc/${pid}`), ...cgroups, box.dir].filter((path) => existsSync(path))).toEqual([]);
    expect(loopDevices().map(({ name, backingFile }) => `${name} ${backingFile}`).filter((loop) => loops.includes(loop))).toEqual([]);
  });

  it('comes although something in it is frozen', async () => {
    const box = await startBox();
    const { hostPid } = await box.background(['sleep', '3602']);
    const [state, word] = existsSync('/sys/fs/cgroup/cgroup.procs') ? ['/sys/fs/cgroup/frozen/cgroup.freeze', '1'] : ['/sys/fs/cgroup/freezer/frozen/freezer.state', 'FROZEN'];
    const pid = box.processes().find((process) => process.hostPid === hostPid)?.pid;
    expect((await box.exec(['sh', '-c', `mkdir ${dirname(state)} && echo ${pid} >${dirname(state)}/cgroup.procs && echo ${word} >${state}`])).stderr).toBe('');
    await box.stop();
    expect(existsSync(`/proc/${hostPid}`)).toBe(false);
  });

  it('comes with the end of its owner, even by SIGKILL', async () => {
    const owner = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'owner.ts')], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void owner.kill('SIGKILL'));
    const [line] = (await once(owner.stdout, 'data')) as [Buffer];
    const { dir, loops, hostPids } = JSON.parse(line.toString()) as { dir: string; loops: string[]; hostPids: number[] };
    expect(loops).toHaveLength(1);
    expect(hostPids.length).toBeGreaterThan(1);
    owner.kill('SIGKILL');
    const cgroup = `pv-box-${owner.pid}-${dir.slice(-6)}`;
    const traces = (): string[] => [
      ...[dir, ...hostPids.map((pid) => `/proc/${pid}`)].filter((path) => existsSync(path)),
      ...['', ...readdirSync('/sys/fs/cgroup')].map((name) => join('/sys/fs/cgroup', name, cgroup)).filter((path) => existsSync(path)),
      ...loopDevices().map(({ name, backingFile }) => `${name} ${backingFile}`).filter((loop) => loops.includes(loop)),
    ];
    await waitFor(() => traces().length === 0, { what: 'the end of all traces', detail: () => traces().join('\n') });
  });
});

describe('the options of a box', () => {
  it('can show only the unified hierarchy', async () => {
    const box = await boxForTest({ cgroups: 'unified' });
    const { stdout } = await box.exec(['sh', '-c', 'grep cgroup /proc/self/mounts | cut -d" " -f2,3; ls -d /sys/fs/cgroup/init.scope']);
    expect(stdout).toBe('/sys/fs/cgroup cgroup2\n/sys/fs/cgroup/init.scope\n');
  });

  it('sees nothing of what the host has mounted where the box has its own', async () => {
    const place = join('/run', `pv-box test ${process.pid}`);
    mkdirSync(place);
    onTestFinished(() => rmdirSync(place));
    execFileSync('mount', ['-n', '-t', 'tmpfs', 'tmpfs', place]);
    onTestFinished(() => void execFileSync('umount', ['-n', place]));
    const box = await boxForTest();
    expect(await box.read('/proc/self/mountinfo')).not.toContain(`pv-box\\040test`);
  });

  it('bounds the storage', async () => {
    const box = await boxForTest({ storageSize: '64k' });
    const { code, stderr } = await box.exec(['dd', 'if=/dev/zero', 'of=/var/pantavisor/storage/file', 'bs=1k', 'count=100']);
    expect(code).toBe(1);
    expect(stderr).toContain('No space left on device');
  });

  it('says what went wrong when it cannot be set up, and leaves nothing', async () => {
    const own = tempRoot();
    onTestFinished(own.remove);
    vi.stubEnv('TMPDIR', own.path);
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(startBox({ storageSize: 'nonsense' })).rejects.toThrow(/could not be set up:\n.*mount/);
    expect(readdirSync(own.path)).toEqual([]);
  });
});
