import { readlinkSync, readdirSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { pinContainer, type Pin } from '../../src/links/pin.ts';
import { startContainer } from '../kit/container.ts';

function pinned(pid: number, name: string): Pin {
  const result = pinContainer(pid, name);
  if (result.kind !== 'pinned') throw new Error(JSON.stringify(result));
  onTestFinished(() => result.pin.close());
  return result.pin;
}

test('7.2-16 a container is pinned with its root, and the pin outlives it without meaning another', async () => {
  const container = await startContainer('one');
  const pin = pinned(container.pid, container.name);
  expect(pin.alive()).toBe(true);
  expect(readdirSync(`/proc/self/fd/${pin.rootFd}`).sort()).toEqual(readdirSync(container.root).sort());
  await container.kill();
  expect(pin.alive()).toBe(false);
  await container.start();
  expect(pin.alive()).toBe(false);
  expect(pinned(container.pid, container.name).startTime).toBeGreaterThan(pin.startTime);
});

test('7.2-16 a process of another container or of none is refused with the reason, and nothing stays open', async () => {
  const container = await startContainer('one');
  const before = openFds();
  expect(pinContainer(container.pid, 'other')).toEqual({ kind: 'refused', reason: `process ${container.pid} is not in the cgroup of container other` });
  expect(pinContainer(process.pid, container.name)).toMatchObject({ kind: 'refused' });
  expect(openFds()).toEqual(before);
});

test('a pid that nobody has, and one that has ended, are gone', async () => {
  expect(pinContainer(4_194_303, 'web')).toEqual({ kind: 'gone' });
  const child = spawn('true', { stdio: 'ignore' });
  await once(child, 'exit');
  expect(pinContainer(child.pid ?? 0, 'web')).toEqual({ kind: 'gone' });
});

/** Pidfds and directories; others may be opened and closed by the test runner meanwhile. */
function openFds(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.includes('pidfd') || target === '/' ? [target] : [];
    } catch {
      return [];
    }
  });
}
