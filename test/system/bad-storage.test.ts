/** A container that fails after bad storage state: what is damaged is named, nothing stays, and once it is mended all boots. */
import { exampleExports } from '@pv/testkit/example-exports';
import { bootAppengine } from '@pv/testkit/box/appengine';
import type { Box } from '@pv/testkit/box/box';
import { program, storage, tree } from '@pv/testkit/box/project';
import { startBox } from '@pv/testkit/box/start-box';
import { afterAll, beforeAll, expect, it } from 'vitest';

const made: { box?: Box } = {};
const box = (): Box => made.box ?? expect.fail('there is no box');
const trail = `${storage}/trails/0`;
const image = `${trail}/pv-example-app/root.squashfs`;
const volume = `${storage}/disks/perm/pv-example-wasm/data`;
const env = { PV_WASMEDGE_ROOT: tree('wasmedge') };

beforeAll(async () => {
  const exports = await exampleExports();
  made.box = await startBox();
  const first = await bootAppengine(made.box, { exports: [exports.path('pv-example-app'), exports.path('pv-example-wasm')] });
  await first.stop();
});
afterAll(() => made.box?.stop());

interface Damage {
  readonly harm: string;
  readonly mend: string;
  readonly says: string;
}

const refused: Readonly<Record<string, Damage>> = {
  'a state that was cut off': { harm: `cp -p ${trail}/.pvr/json /tmp/kept; truncate -s 40 ${trail}/.pvr/json`, mend: `cp -p /tmp/kept ${trail}/.pvr/json`, says: 'state: $: not JSON: UnexpectedEndOfString at line 1, column 40' },
  'a revision that is not there': { harm: `mv ${trail} /tmp/kept.d`, mend: `mv /tmp/kept.d ${trail}`, says: `${trail}/.pvr/json: cannot be read: ENOENT` },
  'an object that is missing': { harm: `mv ${image} /tmp/kept`, mend: `mv /tmp/kept ${image}`, says: `is missing at ${image}; install the revision again` },
  'another revision to boot': { harm: `printf 'pv_rev=locals/gone\\0\\0' >${storage}/boot/uboot.txt`, mend: `printf 'pv_rev=0\\0\\0' >${storage}/boot/uboot.txt`, says: `${storage}/trails/locals/gone/.pvr/json: cannot be read: ENOENT` },
};

it.each(Object.entries(refused))('a container that fails after bad storage state: %s is refused before anything starts', async (_, { harm, mend, says }) => {
  await sh(harm);
  const { code, stderr } = await box().exec([program('pv-appengine')], { env, timeoutMs: 30_000 });
  await sh(mend);
  expect([code, stderr]).toEqual([1, expect.stringContaining(says)]);
  expect(box().leaks()).toEqual([]);
});

const unusable: Readonly<Record<string, Damage>> = {
  'an image that was cut off': { harm: `cp -p ${image} /tmp/kept; truncate -s 5000 ${image}`, mend: `cat /tmp/kept >${image}`, says: "could not start platform 'pv-example-app': volume root.squashfs could not be mounted" },
  'a volume that is a file': { harm: `mv ${volume} /tmp/kept.d; touch ${volume}`, mend: `rm ${volume}; mv /tmp/kept.d ${volume}`, says: "could not start platform 'pv-example-wasm': volume data could not be mounted" },
};

it.each(Object.entries(unusable))('a container that fails after bad storage state: with %s it does not start, and the log says which volume', async (_, { harm, mend, says }) => {
  await sh(`${harm}; rm -r ${storage}/logs/0`);
  const engine = await bootAppengine(box(), { readyWithinMs: 0 });
  await engine.waitForLog(says);
  await engine.stop();
  await sh(mend);
  expect(box().leaks()).toEqual([]);
});

it('a container that fails after bad storage state: mended, it boots', async () => {
  await sh(`rm -r ${storage}/logs/0`);
  const engine = await bootAppengine(box());
  expect((await box().containers()).map(({ name, status }) => `${name} ${status}`).sort()).toEqual(['pv-example-app STARTED', 'pv-example-wasm STARTED']);
  expect(await engine.stop()).toBe(0);
});

async function sh(command: string): Promise<void> {
  const { code, stderr } = await box().exec(['sh', '-ec', command]);
  expect([code, stderr]).toEqual([0, '']);
}
