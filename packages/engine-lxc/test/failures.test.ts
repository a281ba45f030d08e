/** Starts that cannot succeed: an expected outcome with a reason that a user can act on, and nothing left. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerName } from '@pv/contract/names';
import { nothingRemains } from '@pv/engine/conformance';
import type { StartSpec } from '@pv/engine/engine';
import { afterAll, expect, test } from 'vitest';
import { firstErrors } from '../src/lxc-tools.ts';
import { lxcHarness } from './kit/lxc-harness.ts';

const harness = lxcHarness('fail');
afterAll(() => harness.close());

async function reasonOf(spec: StartSpec): Promise<string> {
  const result = await harness.engine.start(spec);
  const outcome = result.kind === 'failed' ? result.reason : `it ran, and: ${JSON.stringify(await result.container.ended)}`;
  await nothingRemains(harness, spec);
  return outcome;
}

test('a root file system that is not there', async () => {
  const spec = harness.spec('exit 0');
  expect(await reasonOf({ ...spec, rootfs: { ...spec.rootfs, lower: ['/no/such/directory'] } })).toMatch(/No such file or directory.*\(see .*lxc\.log\)$/);
});

test('an init that is not there', async () => {
  const spec = harness.specWith('exit 0', ['lxc.init.cmd = /no/such/init']);
  expect(await reasonOf(spec)).toMatch(/No such file or directory.*\/no\/such\/init/);
});

test('whoever looks later does not take it for an exit', async () => {
  const spec = harness.specWith('exit 0', ['lxc.init.cmd = /no/such/init']);
  await reasonOf(spec);
  expect(await harness.another().adopt(spec)).toMatchObject({ kind: 'ended', end: { kind: 'unknown' } });
});

test('an init that is no program', async () => {
  const spec = harness.specWith('exit 0', ['lxc.init.cmd = /etc']);
  expect(await reasonOf(spec)).toMatch(/Permission denied.*\/etc/);
});

test('a key that LXC does not know, named before LXC is asked', async () => {
  expect(await reasonOf(harness.specWith('exit 0', ['lxc.no.such.key = 1']))).toMatch(/lxc\.container\.conf:3: lxc\.no\.such\.key: is not a key/);
});

test('a value that LXC does not take', async () => {
  expect(await reasonOf(harness.specWith('exit 0', ['lxc.tty.max = many']))).toMatch(/tty\.max|many|[Ff]ailed to parse|Numerical/);
});

test('a limit that the kernel refuses', async () => {
  const key = existsSync('/sys/fs/cgroup/cgroup.controllers') ? 'lxc.cgroup2' : 'lxc.cgroup';
  expect(await reasonOf(harness.specWith('exit 0', [`${key}.pids.max = nonsense`]))).toMatch(/pids\.max/);
});

test('a mount whose source is not there', async () => {
  const mounts = [{ source: '/no/such/source', target: '/data', kind: 'dir' as const, readOnly: true }];
  expect(await reasonOf({ ...harness.spec('exit 0'), mounts })).toMatch(/No such file or directory.*\/no\/such\/source/);
});

test('a hook that is not there', async () => {
  const other = lxcHarness('nohook', { hook: '/no/such/hook' });
  const result = await other.engine.start(other.spec('exit 0'));
  await other.close();
  expect(result).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/status 127|lxc\.hook\.start-host/) });
});

test('a hook that does not end: the start is given up, and nothing hangs on', async () => {
  const stuck = join(harness.root, 'stuck');
  writeFileSync(stuck, '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 });
  const other = lxcHarness('stuck', { hook: stuck, startTimeout: 1 });
  const spec = other.spec('exit 0');
  const result = await other.engine.start(spec);
  expect(result).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/took too long/) });
  await nothingRemains(other, spec);
  await other.close();
});

test('a name that is too long for the path', async () => {
  expect(await reasonOf({ ...harness.spec('exit 0'), name: 'n'.repeat(100) as ContainerName })).toMatch(/too long for LXC below/);
});

test('a path that an overlay cannot carry', async () => {
  const spec = harness.spec('exit 0');
  expect(await reasonOf({ ...spec, rootfs: { ...spec.rootfs, writable: `${spec.rootfs.writable}:x` } })).toMatch(/holds a colon/);
});

test('a container of somebody else keeps its files', async () => {
  const spec = harness.spec('exit 0');
  const directory = join(harness.lxcPath, spec.name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'config'), 'lxc.uts.name = precious\n');
  expect(await reasonOf(spec)).toMatch(/belongs to a container that is not ours/);
  await harness.engine.sweep(spec);
  expect(readFileSync(join(directory, 'config'), 'utf8')).toBe('lxc.uts.name = precious\n');
});

test('files beside our configuration stay', async () => {
  const spec = harness.spec('exit 0');
  expect(await reasonOf(spec)).toBe('it ran, and: {"kind":"exit","code":0}');
  writeFileSync(join(harness.lxcPath, spec.name, 'notes'), 'mine');
  await harness.engine.sweep(spec);
  expect(readFileSync(join(harness.lxcPath, spec.name, 'notes'), 'utf8')).toBe('mine');
});

test('a link in the writable layer does not lead a mount to the host', async () => {
  const outside = join(harness.root, 'outside');
  mkdirSync(outside);
  const spec = harness.spec(`rm -rf /data; echo ready; exec busybox ln -s ${outside} /data`);
  expect(await reasonOf(spec)).toMatch(/^it ran/);
  const mounts = [{ source: harness.root, target: '/data/made', kind: 'dir' as const, readOnly: true }];
  expect(await reasonOf({ ...spec, mounts })).toMatch(/'\/data\/made' leads over '\/data', a symbolic link/);
  expect(existsSync(join(outside, 'made'))).toBe(false);
});

test('the engine is usable here', async () => {
  expect(await harness.engine.unusable()).toBeUndefined();
});

test('the first errors of a log, without LXC\'s echoes', () => {
  const path = join(harness.root, 'some.log');
  const line = (text: string, level = 'ERROR') => `lxc-start a 20260101000000.000 ${level}    conf - ../src/lxc/conf.c:f:1 - ${text}\n`;
  writeFileSync(path, line('old - thing') + line('info', 'INFO ') + line('first - with-hyphens a-b') + line('Failed to spawn container "a"') + line('second') + line('third'));
  expect(firstErrors(path, line('old - thing').length)).toBe('first - with-hyphens a-b; second');
  expect(firstErrors(join(harness.root, 'none'), 0)).toBe('');
});
