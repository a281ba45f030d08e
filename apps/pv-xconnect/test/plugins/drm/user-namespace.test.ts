/** Containers with a user namespace of their own, where no device node works but one that is mounted. */
import { expect, test } from 'vitest';
import { mapId } from '../../../src/mounts/mapped-ids.ts';
import { card, DrmBench } from '../../kit/drm.ts';
import { startLxc, type LxcContainer } from '../../kit/lxc.ts';
import { bundleMountWorker } from '../../kit/mount-worker.ts';

const takeSteps = bundleMountWorker();
const mapped = ['lxc.idmap = u 0 100000 65536', 'lxc.idmap = g 0 100000 65536', 'lxc.rootfs.options = idmap=container'];

test('ids are mapped range by range; those that are not mapped become root', () => {
  const map = '         0     100000       1000\n      1000       5000          1\n';
  expect([0, 44, 1000, 1001, 65534].map((id) => mapId(map, id))).toEqual([100_000, 100_044, 5000, 100_000, 100_000]);
  expect(mapId('         0          0 4294967295\n', 44)).toBe(44);
  expect(mapId('', 44)).toBe(0);
});

const nodeOf = async (container: LxcContainer, path: string): Promise<string> => (await container.exec('stat', '-c', '%A %u %g %t:%T', path)).trim();

test('such a consumer gets a node that works, as its own users would own it, and loses it with the link', async () => {
  const [consumer, provider] = await Promise.all([startLxc('consumer', mapped), startLxc('provider')]);
  await provider.exec('mkdir', '-p', '/dev/dri');
  await provider.exec('mknod', '-m', '0660', card, 'c', '1', '3');
  await provider.exec('chown', '0:44', card);
  const bench = new DrmBench(takeSteps);
  const active = bench.establish(consumer, provider);
  expect(await nodeOf(consumer, card)).toBe('crw-rw---- 0 44 1:3');
  await consumer.exec('sh', '-c', `echo x > ${card}`);
  expect(active.intact()).toBe(true);
  const again = bench.establish(consumer, provider);
  active.close(0);
  await consumer.exec('test', '!', '-e', card);
  expect(again.intact()).toBe(false);
});
