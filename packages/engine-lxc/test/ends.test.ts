/** How real containers end, and who learns of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { nothingRemains } from '@pv/engine/conformance';
import type { RunningContainer, StartSpec } from '@pv/engine/engine';
import { groupsOf } from '@pv/testkit/container-remains';
import { waitFor } from '@pv/testkit/wait-for';
import { afterAll, expect, test } from 'vitest';
import { containerGroup, removeGroups } from '../src/cgroup.ts';
import { hook, lxcHarness } from './kit/lxc-harness.ts';

const harness = lxcHarness('ends', {}, "pv-lxc a b$HOME'(c) ends");
afterAll(() => harness.close());
const stay = 'echo ready\nsleep 1000 &\nwhile :; do wait; done';

async function start(spec: StartSpec): Promise<RunningContainer> {
  const result = await harness.engine.start(spec);
  if (result.kind === 'failed') throw new Error(result.reason);
  return result.container;
}

async function startReady(spec: StartSpec): Promise<RunningContainer> {
  const container = await start(spec);
  await harness.waitFor(() => harness.consoleOf(spec).includes('ready'), 'ready');
  return container;
}

const memoryLimit = existsSync('/sys/fs/cgroup/cgroup.controllers') ? 'lxc.cgroup2.memory.max = 20M' : 'lxc.cgroup.memory.limit_in_bytes = 20M';

test('the words of lxc.init.cmd, quoted as pvr writes them', async () => {
  const spec = harness.specWith('', ['lxc.init.cmd = /bin/sh -c "IFS=; echo $0:$1; exit 9" "a  b" -c']);
  expect(await (await start(spec)).ended).toEqual({ kind: 'exit', code: 9 });
  expect(harness.consoleOf(spec)).toMatch(/^a {2}b:-c\r?$/m);
});

test('a program that starts too many processes gets as many as its limit, and is told', async () => {
  const spec = harness.specWith('i=0; while [ $i -lt 100 ]; do sleep 1000 & echo "started $!"; i=$((i+1)); done', ['lxc.cgroup.pids.max = 12', 'lxc.cgroup2.pids.max = 12']);
  expect(await (await start(spec)).ended).toEqual({ kind: 'exit', code: 2 });
  expect(harness.consoleOf(spec).match(/started/g)).toHaveLength(11);
  expect(harness.consoleOf(spec)).toMatch(/can't fork: Resource temporarily unavailable/);
});

test('what was said about an ended run does not reach the next', async () => {
  const spec = harness.spec(stay);
  const first = await startReady(spec);
  await first.kill();
  await first.ended;
  const second = await start(spec);
  await first.kill();
  first.halt();
  first.release();
  process.kill(second.init.pid, 0);
  expect(await harness.another().adopt(spec)).toMatchObject({ kind: 'running', container: { init: second.init } });
  await second.kill();
  expect(await second.ended).toEqual({ kind: 'signal', signal: 9 });
});

test('out of memory', async () => {
  const spec = harness.specWith('exec dd if=/dev/zero of=/dev/null bs=64M count=1', [memoryLimit]);
  expect(await (await start(spec)).ended).toEqual({ kind: 'oom', signal: 9 });
  await nothingRemains(harness, spec);
});

test('SIGKILL of a container that lost a process for want of memory before', async () => {
  const spec = harness.specWith(`dd if=/dev/zero of=/dev/null bs=64M count=1\n${stay}`, [memoryLimit]);
  const container = await startReady(spec);
  await container.kill();
  expect(await container.ended).toEqual({ kind: 'signal', signal: 9 });
});

test('reboot() inside ends it, and LXC does not start it again', async () => {
  const spec = harness.specWith('echo run\nexec reboot -f', ['lxc.cap.drop = sys_module']);
  expect(await (await start(spec)).ended).toEqual({ kind: 'signal', signal: 1 });
  await nothingRemains(harness, spec);
  expect(harness.consoleOf(spec).match(/run/g)).toHaveLength(1);
  expect(await harness.another().adopt(spec)).toEqual({ kind: 'ended', end: { kind: 'signal', signal: 1 } });
});

test('without the capability reboot() does nothing to anybody', async () => {
  const spec = harness.spec('reboot -f || exit 21');
  expect(await (await start(spec)).ended).toEqual({ kind: 'exit', code: 21 });
});

test('the death of the monitor leaves no control group', async () => {
  const spec = harness.spec(`mkdir /sys/fs/cgroup/memory/sub 2>/dev/null\n${stay}`);
  const container = await startReady(spec);
  expect(groupsOf(spec.name).length).toBeGreaterThan(0);
  harness.killMonitor(spec);
  expect(await container.ended).toMatchObject({ kind: 'unknown', reason: expect.stringContaining('monitor') });
  await nothingRemains(harness, spec);
});

test('another process adopts it and learns the exact end', async () => {
  const spec = harness.spec(`trap 'exit 33' PWR\n${stay}`);
  const container = await startReady(spec);
  const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'kit/adopt-child.ts'), hook, harness.lxcPath, spec.name, spec.stateDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  await waitFor(() => lines[0], { what: 'an adoption by the other process' });
  container.halt();
  expect(await container.ended).toEqual({ kind: 'exit', code: 33 });
  expect((await exit)[0]).toBe(0);
  expect(lines).toEqual(['running', '{"kind":"exit","code":33}']);
});

test('who started it may be killed in the middle of the start', async () => {
  const slow = join(harness.root, 'slow hook');
  writeFileSync(slow, `#!/bin/sh\n[ "$LXC_HOOK_TYPE" = stop ] || sleep 1\nexec '${hook.replaceAll("'", "'\\''")}' "$@"\n`, { mode: 0o755 });
  const spec = harness.spec(stay);
  const specFile = join(harness.root, 'spec.json');
  writeFileSync(specFile, JSON.stringify(spec));
  const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'kit/start-child.ts'), slow, harness.lxcPath, specFile], { stdio: ['ignore', 'ignore', 'inherit'] });
  const exit = once(child, 'exit');
  await harness.waitFor(() => existsSync(join(spec.stateDir, 'starting')), 'the beginning of a start');
  child.kill('SIGKILL');
  await exit;
  const found = await harness.engine.adopt(spec);
  if (found.kind !== 'running') throw new Error(JSON.stringify(found));
  await found.container.kill();
  expect(await found.container.ended).toEqual({ kind: 'signal', signal: 9 });
  await nothingRemains(harness, spec);
});

test('a frozen container can be killed', async () => {
  const spec = harness.spec(stay);
  const container = await startReady(spec);
  freeze(spec);
  await container.kill();
  expect(await container.ended).toEqual({ kind: 'signal', signal: 9 });
  await nothingRemains(harness, spec);
});

function freeze({ name }: StartSpec): void {
  const [file = '', text = ''] = [
    [`/sys/fs/cgroup/freezer/${containerGroup(name)}/freezer.state`, 'FROZEN'], [`/sys/fs/cgroup/${containerGroup(name)}/cgroup.freeze`, '1'],
  ].find(([path = '']) => existsSync(path)) ?? [];
  writeFileSync(file, text);
}

test('a kill that cannot be written down is a kill all the same', async () => {
  const spec = harness.spec(stay);
  const container = await startReady(spec);
  rmSync(spec.stateDir, { recursive: true });
  await container.kill();
  expect(await container.ended).toMatchObject({ kind: 'unknown' });
  await nothingRemains(harness, spec);
});

test('a full console is bounded, and its writer is not held up', async () => {
  const spec = harness.spec('yes 0123456789abcdef | head -c 20000000\necho finished');
  expect(await (await start(spec)).ended).toEqual({ kind: 'exit', code: 0 });
  const directory = join(spec.logs.console, '..');
  const files = readdirSync(directory).filter((name) => name.startsWith('console.log'));
  const sizes = files.map((name) => readFileSync(join(directory, name)).length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(2 * 1024 * 1024 + 64 * 1024);
  expect(harness.consoleOf(spec)).toContain('finished');
});

test('the log of LXC is bounded over many starts', async () => {
  const spec = harness.spec('exit 0');
  writeFileSync(spec.logs.engine, 'x'.repeat(1024 * 1024 + 1));
  expect(await (await start(spec)).ended).toEqual({ kind: 'exit', code: 0 });
  expect(readdirSync(join(spec.logs.engine, '..'))).toContain('lxc.log.1');
  expect(readFileSync(spec.logs.engine).length).toBeLessThan(64 * 1024);
});

test('50 cycles leave nothing', async () => {
  const spec = harness.spec(stay);
  await cycle(spec);
  const before = descriptors();
  for (let round = 0; round < 50; round++) await cycle(spec);
  await nothingRemains(harness, spec);
  await harness.waitFor(() => descriptors() <= before, 'as many descriptors as before');
  await harness.engine.sweep(spec);
  expect(existsSync(join(harness.lxcPath, spec.name))).toBe(false);
}, 60_000);

async function cycle(spec: StartSpec): Promise<void> {
  const container = await start(spec);
  await container.kill();
  expect(await container.ended).toEqual({ kind: 'signal', signal: 9 });
}

const descriptors = (): number => readdirSync('/proc/self/fd').length;

test('the removal of control groups: nested, absent, with a process in it', async () => {
  const name = `t${process.pid}-ends-group`;
  expect(await removeGroups(name)).toEqual([]);
  const parent = existsSync('/sys/fs/cgroup/memory') ? '/sys/fs/cgroup/memory' : '/sys/fs/cgroup';
  const nested = join(parent, 'lxc', name, 'a/b');
  mkdirSync(nested, { recursive: true });
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const exit = once(child, 'exit');
  writeFileSync(join(nested, 'cgroup.procs'), String(child.pid));
  expect(await removeGroups(name)).toEqual([]);
  expect((await exit)[1]).toBe('SIGKILL');
  expect(groupsOf(name)).toEqual([]);
});
