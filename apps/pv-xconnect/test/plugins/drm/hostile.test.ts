/** Providers and consumers that try to get more out of a drm link than a DRM device. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startContainer, type Container } from '../../kit/container.ts';
import { card, DrmBench, makeDevice } from '../../kit/drm.ts';

const upwards = '../'.repeat(20);

async function pair(consumerInit = ''): Promise<{ consumer: Container; provider: Container; bench: DrmBench }> {
  const [consumer, provider] = await Promise.all([startContainer('consumer', { init: consumerInit }), startContainer('provider', { init: '/busybox mount -t proc none /proc' })]);
  mkdirSync(dirname(provider.at(card)), { recursive: true });
  return { consumer, provider, bench: new DrmBench() };
}

/** A directory of the host, beside every container. */
function hostDirectory(): string {
  const path = mkdtempSync('/dev/shm/pv-xconnect-');
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

test.each<[string, (provider: Container) => void, string]>([
  ["an absolute symlink to the host's /dev/mem", (provider) => symlinkSync('/dev/mem', provider.at(card)), 'No such file or directory'],
  ['a relative symlink far upwards', (provider) => symlinkSync(`${upwards}dev/null`, provider.at(card)), 'No such file or directory'],
  ["a magic link to the host's /dev/null", (provider) => symlinkSync(`/proc/${process.pid}/root/dev/null`, provider.at(card)), 'Too many symbolic links encountered'],
  ['a /dev/mem of its own', (provider) => makeDevice(provider.at(card), [1, 1]), 'is the device 1:1, which is no DRM device'],
  ['a block device', (provider) => makeDevice(provider.at(card), [7, 0], { type: 'b' }), 'is not a character device'],
  ['a block device with the number of a card', (provider) => makeDevice(provider.at(card), [226, 0], { type: 'b' }), 'is not a character device'],
  ['a control node', (provider) => makeDevice(provider.at(card), [226, 64]), 'neither a card'],
  ['a regular file', (provider) => writeFileSync(provider.at(card), ''), 'is not a character device'],
  ['a FIFO, which would block', (provider) => void execFileSync('mkfifo', [provider.at(card)]), 'is not a character device'],
  ['not there', () => undefined, 'No such file or directory'],
])('7.2-13 a provider whose device is %s hands out nothing', async (_what, prepare, reason) => {
  const { consumer, provider, bench } = await pair();
  prepare(provider);
  expect(bench.refusal(consumer, provider)).toContain(reason);
  expect(existsSync(consumer.at(card))).toBe(false);
});

test('an absolute symlink that stays inside is followed, as the provider itself would', async () => {
  const { consumer, provider, bench } = await pair();
  makeDevice(provider.at('/dev/real'), [226, 3]);
  symlinkSync('/dev/real', provider.at(card));
  bench.establish(consumer, provider);
  expect(statSync(consumer.at(card)).rdev).toBe(statSync(provider.at('/dev/real')).rdev);
});

test.each<[string, (consumer: Container, host: string) => void, string]>([
  ['a directory', (consumer) => mkdirSync(consumer.at(card), { recursive: true }), 'exists and is not a device node'],
  ['a file', (consumer) => writeIn(consumer, card, 'mine'), 'exists and is not a device node'],
  ['another device', (consumer) => makeDevice(consumer.at(card), [1, 5]), 'exists and is another device'],
  ['a symlink to the host', (consumer, host) => linkIn(consumer, card, join(host, 'card0')), 'exists and is not a device node'],
  ['a dangling symlink in the way', (consumer, host) => linkIn(consumer, '/dev/dri', host), 'No such file or directory'],
  ['a magic link in the way', (consumer) => linkIn(consumer, '/dev/dri', `/proc/${process.pid}/root/dev`), 'No such file or directory'],
  ['below a file', (consumer) => writeIn(consumer, '/dev/dri', ''), 'Not a directory'],
])('7.2-12 a target that is %s is left as it is, with the reason, and the host is not touched', async (_what, prepare, reason) => {
  const { consumer, provider, bench } = await pair();
  const host = hostDirectory();
  makeDevice(provider.at(card), [226, 0]);
  prepare(consumer, host);
  const before = entriesBelow(consumer.root);
  expect(bench.refusal(consumer, provider)).toContain(reason);
  expect(readdirSync(host)).toEqual([]);
  expect(entriesBelow(consumer.root)).toEqual(before);
});

test("7.2-13 a target on a file system mounted 'nodev' is refused with the reason, and gets no node", async () => {
  const { consumer, provider, bench } = await pair('/busybox mount -t tmpfs -o nodev none /run');
  makeDevice(provider.at(card), [226, 0]);
  const target = '/run/card0';
  expect(bench.refusal(consumer, provider, { target })).toBe(`${target} is on a file system mounted 'nodev', where no device can be opened; choose a target in /dev`);
  await consumer.exec('test', '!', '-e', target);
});

test('7.2-12 a target on a read-only file system is refused with the reason', async () => {
  const { consumer, provider, bench } = await pair('/busybox mount -t tmpfs -o ro none /run');
  makeDevice(provider.at(card), [226, 0]);
  expect(bench.refusal(consumer, provider, { target: '/run/dri/card0' })).toBe('/run/dri/card0: Read-only file system');
});

test('a card that an earlier run left for another number makes room', async () => {
  const { consumer, provider, bench } = await pair();
  makeDevice(provider.at(card), [226, 1]);
  makeDevice(consumer.at(card), [226, 0]);
  bench.establish(consumer, provider);
  expect(statSync(consumer.at(card)).rdev).toBe(statSync(provider.at(card)).rdev);
});

/** Links are not followed: one of them leads to the host. */
function entriesBelow(path: string): string {
  return execFileSync('find', [path, '-printf', '%p %y %i\\n'], { encoding: 'utf8' });
}

function writeIn(container: Container, path: string, text: string): void {
  mkdirSync(dirname(container.at(path)), { recursive: true });
  writeFileSync(container.at(path), text);
}

function linkIn(container: Container, path: string, target: string): void {
  mkdirSync(dirname(container.at(path)), { recursive: true });
  symlinkSync(target, container.at(path));
}
