import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StandIn } from '@pv/testkit/mesh/stand-in';
import { tempRoot } from '@pv/testkit/temp-root';
import { expect, onTestFinished, test } from 'vitest';

async function started(): Promise<StandIn> {
  const dir = tempRoot('pvs');
  onTestFinished(() => dir.remove());
  const standIn = new StandIn({ name: 'one', root: join(dir.path, 'root') });
  onTestFinished(() => standIn.kill());
  await standIn.start();
  return standIn;
}

/** Below its hierarchy, as the kernel names it. */
function cgroupOf({ pid }: StandIn): string {
  return /:(\/\S+\/lxc\/one)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1] ?? '';
}

const places = (cgroup: string): string[] => ['', 'freezer'].map((hierarchy) => join('/sys/fs/cgroup', hierarchy, cgroup)).filter((path) => existsSync(path));

test('two of one name do not share a cgroup, and each takes all of its own away', async () => {
  const [one, other] = [await started(), await started()];
  const [ofOne, ofOther] = [cgroupOf(one), cgroupOf(other)];
  expect(ofOne).not.toBe(ofOther);
  await one.remove();
  expect(places(ofOne.replace(/\/lxc\/one$/, ''))).toEqual([]);
  expect(places(ofOther)).toHaveLength(1);
  await other.remove();
  expect(places(ofOther.replace(/\/lxc\/one$/, ''))).toEqual([]);
});
