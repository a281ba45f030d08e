/** The Docker image on a real Docker engine: the commands of docs/overview/docker.md as they stand there, and what they do not show. */
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Box } from '@pv/testkit/box/box';
import { startBox } from '@pv/testkit/box/start-box';
import { exampleExports } from '@pv/testkit/example-exports';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandBlocks } from '../../scripts/checks/documents.mjs';
import { buildImage, imageName } from '../../scripts/image/image.ts';
import { type Docker, startDocker } from '../kit/docker.ts';
import { missingLine, type } from '../kit/typed.ts';

const made: { box?: Box; docker?: Docker } = {};
const box = (): Box => made.box ?? expect.fail('there is no box');
const docker = (): Docker => made.docker ?? expect.fail('there is no Docker engine');

beforeAll(async () => {
  made.box = await startBox();
  made.docker = await startDocker(made.box);
  await writeImage(false);
});
afterAll(() => made.box?.stop());

/** Where `npm run image` puts it. */
const imagePath = (wasmedge: boolean): string => join(docker().place.folder, 'dist', `${imageName({ wasmedge })}-docker.tar`);

async function writeImage(wasmedge: boolean): Promise<void> {
  writeFileSync(imagePath(wasmedge), await buildImage({ wasmedge, epoch: 0 }));
}

/** A line of shell in the container. */
const inside = (line: string): Promise<string> => docker().output(`docker exec pva-test sh -c '${line}'`);

/** By hand, with some of the examples. */
async function run(image: string, ...examples: string[]): Promise<void> {
  const exports = await exampleExports();
  const folder = join(docker().place.folder, image);
  mkdirSync(folder);
  for (const name of examples) copyFileSync(exports.path(name), join(folder, basename(exports.path(name))));
  await docker().output(`docker run --name pva-test -d --privileged --network none -v "$PWD/${image}:/usr/lib/pantavisor/pvtx.d" --entrypoint /bin/sh ${image} -c "sleep infinity"`);
}

const log = '/run/pantavisor/pv/logs/0/pantavisor/pantavisor.log';
const ready = `timeout 60 sh -c "until grep -qs \\"state revision .* status is now READY\\" ${log}; do sleep 0.2; done" || { cat ${log}; exit 1; }`;

it('is the same, byte for byte, when it is made again', async () => {
  expect((await buildImage({ wasmedge: false, epoch: 0 })).equals(readFileSync(imagePath(false)))).toBe(true);
});

it('takes less than 120 MB, compressed', () => {
  expect(statSync(imagePath(false)).size).toBeLessThan(120_000_000);
});

describe('docs/overview/docker.md', () => {
  const blocks = commandBlocks().filter(({ place }) => place === 'docker');
  it.each(blocks.map((block) => [`${block.path}:${block.line}`, block] as const))('%s', async (_, { commands, output }) => {
    const typed = await type(box(), commands, docker().place, 90_000);
    expect(typed.code, typed.output).toBe(0);
    expect(missingLine(typed.output, output), typed.output).toBeUndefined();
  });
});

describe('an image that was started by hand', () => {
  beforeAll(async () => {
    await docker().output(`docker load < ${imagePath(false)}`);
    await run('pantavisor-appengine', 'pv-example-unix-server', 'pv-example-unix-client');
    // Docker makes nodes for the loop devices that the machine has at this time.
    await inside('rm /dev/loop[0-9]*');
    await inside('pv-appengine &');
    await inside(ready);
  });
  afterAll(() => docker().output('docker rm -f -v pva-test'));

  it('has all that our packages ask for', async () => {
    const paragraphs = (await inside('cat /var/lib/dpkg/status')).split('\n\n').map((text) => new Map([...text.matchAll(/^(\S+): (.*)$/gm)].map(([, key = '', value = '']) => [key, value])));
    const names = paragraphs.flatMap((paragraph) => [paragraph.get('Package') ?? '', ...(paragraph.get('Provides') ?? '').split(', ')]).map((name) => name.split(' ')[0]);
    const wanted = paragraphs.filter((paragraph) => paragraph.get('Package')?.startsWith('pv')).flatMap((paragraph) => (paragraph.get('Depends') ?? '').split(', '));
    expect(wanted.length).toBeGreaterThan(10);
    expect(wanted.map((name) => name.split(' ')[0]).filter((name) => !names.includes(name))).toEqual([]);
  });

  it('has its containers in control groups of their own', async () => {
    const pid = (await inside('lxc-info -n pv-example-unix-server -pH')).trim();
    const pids = await inside('cat /sys/fs/cgroup/memory/lxc/pv-example-unix-server/cgroup.procs 2>/dev/null || cat /sys/fs/cgroup/lxc/pv-example-unix-server/cgroup.procs');
    expect(pids.split('\n')).toContain(pid);
  });

  it('keeps no zombie of a container that was stopped', async () => {
    await inside('pvcontrol container stop pv-example-unix-client');
    await inside('timeout 60 sh -c "until pvcontrol ls | grep -q STOPPED; do sleep 0.2; done"');
    await inside('timeout 20 sh -c "while grep -l \\"^State:.Z\\" /proc/[0-9]*/status; do sleep 0.2; done"');
  });

  it('runs pv-ctrl as its own user, by name', async () => {
    expect(await inside('ps')).toMatch(/ pv-ctrl +\S*node .*pv-ctrl\.mjs/);
  });
});

it('runs WebAssembly containers when it was made with WasmEdge', async () => {
  await writeImage(true);
  await docker().output(`docker load < ${imagePath(true)}`);
  await run('pantavisor-appengine-wasmedge', 'pv-example-wasm');
  await docker().output('docker exec -d pva-test pv-appengine');
  await inside(ready);
  expect(JSON.parse(await inside('pvcontrol ls'))).toMatchObject([{ name: 'pv-example-wasm', type: 'wasmedge', status: 'STARTED' }]);
  await docker().output('docker rm -f -v pva-test');
});

it('leaves nothing on the machine', async () => {
  await docker().stop();
  expect(box().leaks()).toEqual([]);
});
