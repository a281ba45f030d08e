/** Storage that cannot be set up, or a revision that cannot be run: said so by name, nothing lost, and fine after a repair. */
import { copyFileSync, mkdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { bootAppengine } from '@pv/testkit/box/appengine';
import type { Box } from '@pv/testkit/box/box';
import { startBox } from '@pv/testkit/box/start-box';
import { exampleExports } from '@pv/testkit/example-exports';
import { waitFor } from '@pv/testkit/wait-for';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitForApi } from '../kit/booted.ts';

const storage = '/var/pantavisor/storage';
const at: { box?: Box } = {};
const box = (): Box => at.box ?? expect.fail('there is no box');
beforeEach(async () => void (at.box = await startBox()));
afterEach(() => at.box?.stop());

async function refused(exports: readonly string[]): Promise<string> {
  const appengine = await bootAppengine(box(), { exports, readyWithinMs: 0 });
  expect(await appengine.ended).toBe(1);
  return appengine.output();
}

/** READY stands in the log of an earlier boot already, so it is the container that tells. */
async function bootsFine(exports: readonly string[]): Promise<void> {
  const appengine = await bootAppengine(box(), { exports, readyWithinMs: 0 });
  await waitForApi(box());
  await waitFor(async () => (await box().containers()).map(({ status }) => status).join() === 'STARTED', { what: 'the container', detail: () => box().log() ?? '' });
  expect(await appengine.stop()).toBe(0);
  expect(box().leaks()).toEqual([]);
}

const listing = async () => (await box().exec(['find', storage, '-mindepth', '1'])).stdout.trim().split('\n').sort();
const empty = ['boot', 'cache', 'config', 'disks', 'logs', 'objects', 'trails', 'trails/locals'].map((folder) => join(storage, folder));

describe('a first boot', () => {
  it('with a truncated export is refused, and fine when it was replaced', async () => {
    const good = (await exampleExports()).path('pv-example-app');
    const bad = join(box().dir, 'bad', 'pv-example-app.pvrexport.tgz');
    mkdirSync(join(box().dir, 'bad'));
    copyFileSync(good, bad);
    truncateSync(bad, 500_000);
    expect(await refused([bad])).toMatch(/pv-example-app\.pvrexport\.tgz: .*the export is damaged: copy or export it again/);
    expect(await listing()).toEqual([join(storage, '.created'), ...empty].sort());
    await bootsFine([good]);
  });

  it('on a full disk is refused, and fine when there is room', async () => {
    const good = (await exampleExports()).path('pv-example-app');
    await box().exec(['mount', '-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', storage]);
    expect(await refused([good])).toMatch(/pv-example-app\.pvrexport\.tgz: objects\/[0-9a-f]{64}: .*of the storage, and \d+ are free; free some space/);
    expect(await listing()).toEqual([join(storage, '.created'), ...empty].sort());
    await box().exec(['mount', '-o', 'remount,size=64m', storage]);
    const appengine = await bootAppengine(box(), { exports: [good] });
    expect(await appengine.stop()).toBe(0);
  });
});

describe('a later boot', () => {
  it.each([
    ['a truncated run.json in the state', ['sh', '-c', `cp -p ${storage}/trails/0/.pvr/json /tmp/keep && head -c 150 /tmp/keep > ${storage}/trails/0/.pvr/json`], ['cp', '/tmp/keep', `${storage}/trails/0/.pvr/json`], 'state: $: not JSON'],
    ['a missing object', ['mv', `${storage}/trails/0/pv-example-app/root.squashfs`, '/var/kept'], ['mv', '/var/kept', `${storage}/trails/0/pv-example-app/root.squashfs`], 'state: $["pv-example-app/root.squashfs"]: object'],
  ])('with %s is refused by name, and fine after the repair', async (_title, spoil, repair, message) => {
    await bootsFine([(await exampleExports()).path('pv-example-app')]);
    expect((await box().exec(spoil)).code).toBe(0);
    const before = await listing();
    expect(await refused([])).toContain(message);
    expect(await listing()).toEqual(before);
    expect((await box().exec(repair)).code).toBe(0);
    await bootsFine([]);
  });
});
