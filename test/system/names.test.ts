/** Names and paths that want out of their place are refused by name before anything is started, and leave nothing. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { containerConf, renderRunJson } from '@pv/examples/manifest';
import { writePvrExport } from '@pv/examples/pvrexport';
import type { Box } from '@pv/testkit/box/box';
import { program, storage } from '@pv/testkit/box/project';
import { startBox } from '@pv/testkit/box/start-box';
import { afterAll, beforeAll, expect, it } from 'vitest';

const made: { box?: Box } = {};
const box = (): Box => made.box ?? expect.fail('there is no box');
beforeAll(async () => void (made.box = await startBox()));
afterAll(() => made.box?.stop());

/** A container of that name, whole but for its image's contents. */
async function boot(folder: string, name: string, more: Readonly<Record<string, unknown>> = {}) {
  const dir = join(box().dir, folder);
  mkdirSync(dir);
  const documents = { [`${name}/run.json`]: { ...renderRunJson(name, { PV_GROUP: 'root' }), ...more } };
  const files = { [`${name}/lxc.container.conf`]: Buffer.from(containerConf), [`${name}/root.squashfs`]: Buffer.from('no image') };
  await writePvrExport(join(dir, 'hostile.pvrexport.tgz'), { documents, files }, 0);
  return box().exec([program('pv-appengine'), '--pvtx-dir', dir], { timeoutMs: 20_000 });
}

/** What a container of that name could have reached, and what a boot leaves in its own places. */
async function traces(): Promise<string> {
  return (await box().exec(['find', '/var', '/etc', '/run', '/tmp', '-xdev', '-not', '-path', `${storage}/*`, '-name', '*escape*'])).stdout;
}

it.each([
  ['up', '../../escape'], ['rooted', '/escape'], ['line', 'es\ncape'], ['option', '-escape'], ['shell', 'x;touch escape'], ['long', `escape${'e'.repeat(300)}`],
])('7.2-5 a container name that goes %s is refused, and nothing is left', async (what, name) => {
  const { code, stderr } = await boot(what, name);
  expect(code).toBe(1);
  // By name, and escaped: it cannot forge a line of its own.
  expect(stderr).toMatch(/^ {2}\S.*: .*'.*' is not a container name$|(?:state|json): \$\[".*"\]: is (?:not a|too long)/m);
  expect(stderr.split('\n').filter((line) => line.startsWith('cape'))).toEqual([]);
  expect(await traces()).toBe('');
  expect(box().leaks()).toEqual([]);
  expect((await box().exec(['find', storage, '-mindepth', '1', '-delete'])).code).toBe(0);
});

it.each([['config', { config: '../../../../etc/escape' }], ['root-volume', { 'root-volume': '../../escape.squashfs' }]])('a path in %s of run.json is refused with its file and JSON path', async (key, more) => {
  const { code, stderr } = await boot(`member-${key}`, 'honest', more);
  expect(code).toBe(1);
  expect(stderr).toMatch(new RegExp(`honest/run\\.json: \\$.*${key}`));
  expect(await traces()).toBe('');
  expect(box().leaks()).toEqual([]);
  expect((await box().exec(['find', storage, '-mindepth', '1', '-delete'])).code).toBe(0);
});
