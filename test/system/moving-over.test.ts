/** The storage of a device that upstream's runtime ran is booted as it is, and nothing in it is changed or lost (docs/overview/moving-over.md). */
import { exampleExports } from '@pv/testkit/example-exports';
import { bootAppengine } from '@pv/testkit/box/appengine';
import type { Box } from '@pv/testkit/box/box';
import { storage } from '@pv/testkit/box/project';
import { startBox } from '@pv/testkit/box/start-box';
import { waitFor } from '@pv/testkit/wait-for';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { committed, layDeviceStorage } from '../kit/device-storage.ts';

/** Path -> what it is: kind, mode, owner, where it leads; of files also inode, links, time and content. */
async function inventory(box: Box): Promise<ReadonlyMap<string, string>> {
  const lines = async (command: string): Promise<string[]> => {
    const { code, stdout, stderr } = await box.exec(['sh', '-ec', `cd ${storage}; ${command}`]);
    expect([code, stderr]).toEqual([0, '']);
    return stdout.split('\n').filter((line) => line !== '');
  };
  const attributes = await lines("find . -type f -printf '%p\\t%m %U:%G %i %n %T@\\n' -o -printf '%p\\t%y %m %U:%G %l\\n'");
  const sums = new Map((await lines('find . -type f -exec sha256sum {} +')).map((line) => [line.slice(66), line.slice(0, 64)]));
  return new Map(attributes.map((line) => line.split('\t')).map(([path = '', what]) => [path, `${what} ${sums.get(path) ?? ''}`]));
}

/** What a run adds to: the revision's logs, and the volume that the container itself writes to. */
const grows = [`./logs/${committed}/pantavisor/pantavisor.log`, `./logs/${committed}/app/lxc/console.log`, './disks/perm/app/docker--data/kept'];

it.each([
  ['of an appengine', ['.created', '.pvtx-done']],
  ['of a device, while there are exports to install', []],
])('a storage %s', async (_, marks) => {
  const box = await startBox();
  onTestFinished(() => box.stop());
  await layDeviceStorage(join(box.dir, 'device'), marks);
  expect((await box.exec(['cp', '-a', `${join(box.dir, 'device')}/.`, storage])).code).toBe(0);
  const before = await inventory(box);

  const exports = await exampleExports();
  const engine = await bootAppengine(box, { exports: [exports.path('pv-example-app')], readyWithinMs: 0 });
  const says = (file: string, text: string): Promise<unknown> =>
    waitFor(async () => (await box.read(`${storage}/logs/${committed}/${file}`))?.includes(text), { what: `${text} in ${file}`, timeoutMs: 30_000, detail: async () => `${engine.output()}${String(await box.read(`${storage}/logs/${committed}/${file}`))}` });
  await says('pantavisor/pantavisor.log', `state revision '${committed}' status is now READY`);
  await says('app/lxc/console.log', 'kept: since years');
  await says('app/lxc/console.log', `config: of ${committed}`);
  expect((await box.containers()).map(({ name, group, status }) => `${name} ${group} ${status}`)).toEqual(['app edge STARTED']);
  expect(await engine.stop()).toBe(0);
  expect(box.leaks()).toEqual([]);

  const [kept, after] = [[...before].filter(([path]) => !grows.includes(path)), await inventory(box)];
  expect(kept.map(([path]) => [path, after.get(path)])).toEqual(kept);
  expect([...after.keys()].filter((path) => !before.has(path) && !path.startsWith('./logs/'))).toEqual([]);
  expect(await box.read(`${storage}/disks/perm/app/docker--data/kept`)).toBe('since years\nmore\n');
  expect(await box.read(`${storage}/logs/${committed}/pantavisor/pantavisor.log`)).toContain('an old line');
  expect(await box.read(`${storage}/logs/${committed}/app/lxc/console.log`)).toContain('an old console');
});
