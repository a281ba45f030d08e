/** The image in a container of Docker on control groups of version 2 alone: there Docker puts all its processes into one group. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Box } from '@pv/testkit/box/box';
import { startBox } from '@pv/testkit/box/start-box';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildImage } from '../../scripts/image/image.ts';
import { customExport } from '../kit/custom-export.ts';
import { type Docker, startDocker } from '../kit/docker.ts';

const top = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find((path) => existsSync(join(path, 'cgroup.controllers'))) ?? expect.fail('this machine has no control groups of version 2');
const words = (...path: string[]): string[] => readFileSync(join(...path), 'utf8').split(/\s+/).filter((word) => word !== '');
const added: string[] = [];

/** The controllers that version 1 does not have, for the box: the machine's setting, and not for long. The box's own processes have to make way. */
function handOn(box: Box): void {
  const group = join(top, `pv-box-${process.pid}-${box.dir.slice(-6)}`);
  for (const pid of words(group, 'cgroup.procs')) writeFileSync(join(group, 'init.scope', 'cgroup.procs'), pid);
  added.push(...words(top, 'cgroup.controllers').filter((controller) => !words(top, 'cgroup.subtree_control').includes(controller)));
  for (const controller of added) writeFileSync(join(top, 'cgroup.subtree_control'), `+${controller}`);
  for (const controller of words(group, 'cgroup.controllers')) writeFileSync(join(group, 'cgroup.subtree_control'), `+${controller}`);
}

const made: { box?: Box; docker?: Docker } = {};
const docker = (): Docker => made.docker ?? expect.fail('there is no Docker engine');
const inside = (line: string): Promise<string> => docker().output(`docker exec pva-test sh -c '${line}'`);

beforeAll(async () => {
  made.box = await startBox({ cgroups: 'unified' });
  handOn(made.box);
  made.docker = await startDocker(made.box);
  const { folder } = docker().place;
  writeFileSync(join(folder, 'image.tar'), await buildImage({ wasmedge: false, epoch: 0 }));
  await customExport(join(folder, 'pvtx.d'), { name: 'limited', script: 'while :; do sleep 1; done', args: {}, conf: 'lxc.cgroup2.hugetlb.2MB.max = 4194304\n' });
  await docker().output('docker load < image.tar');
  await docker().output('docker run --name pva-test -d --privileged --network none -v "$PWD/pvtx.d:/usr/lib/pantavisor/pvtx.d" pantavisor-appengine:latest');
});
afterAll(async () => {
  await made.box?.stop();
  for (const controller of added) writeFileSync(join(top, 'cgroup.subtree_control'), `-${controller}`);
});

it('starts a container with a limit, and enforces the limit', async () => {
  const log = '/run/pantavisor/pv/logs/0/pantavisor/pantavisor.log';
  await inside(`timeout 60 sh -c "until grep -qs \\"state revision .* status is now READY\\" ${log}; do sleep 0.2; done" || { cat ${log}; exit 1; }`);
  expect(await inside('cat /sys/fs/cgroup/lxc/limited/hugetlb.2MB.max')).toBe('4194304\n');
  expect((await inside('cat /sys/fs/cgroup/lxc/limited/cgroup.procs')).split('\n')).toContain((await inside('lxc-info -n limited -pH')).trim());
});

it('has its own processes in a group beside the containers, and Docker still gets in', async () => {
  expect(await inside('cat /proc/1/cgroup')).toMatch(/^0::\/init\.scope$/m);
  expect(await inside('cat /proc/self/cgroup')).toMatch(/^0::\/init\.scope$/m);
});

it('leaves nothing on the machine', async () => {
  await docker().output('docker stop -t 60 pva-test');
  expect(await docker().output('docker logs pva-test 2>&1')).toContain('stopped; nothing of this run is left');
  await docker().output('docker rm -v pva-test');
  await docker().stop();
  expect(made.box?.leaks()).toEqual([]);
});
