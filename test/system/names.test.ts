/** Names and paths that want out of their place are refused by name before anything is started, and leave nothing. */
import { join } from 'node:path';
import { renderRunJson } from '@pv/examples/manifest';
import { bootAppengine } from '@pv/testkit/box/appengine';
import type { Box } from '@pv/testkit/box/box';
import { program, storage } from '@pv/testkit/box/project';
import { startBox } from '@pv/testkit/box/start-box';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { customExport } from '../kit/custom-export.ts';
import { bootDocuments, expectNothingLeft } from '../kit/refused-boot.ts';

const made: { box?: Box } = {};
const box = (): Box => made.box ?? expect.fail('there is no box');
beforeAll(async () => void (made.box = await startBox()));
afterAll(() => made.box?.stop());

/** A container of that name, whole but for its image's contents. */
const boot = (folder: string, name: string, more: Readonly<Record<string, unknown>> = {}) =>
  bootDocuments(box(), folder, [name], { [`${name}/run.json`]: { ...renderRunJson(name, { PV_GROUP: 'root' }), ...more } });

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
  await expectNothingLeft(box());
});

it.each([['config', { config: '../../../../etc/escape' }], ['root-volume', { 'root-volume': '../../escape.squashfs' }]])('a path in %s of run.json is refused with its file and JSON path', async (key, more) => {
  const { code, stderr } = await boot(`member-${key}`, 'honest', more);
  expect(code).toBe(1);
  expect(stderr).toMatch(new RegExp(`honest/run\\.json: \\$.*${key}`));
  expect(await traces()).toBe('');
  await expectNothingLeft(box());
});

it('the longest name boots, and has a control socket of its own', async () => {
  const name = 'n'.repeat(63);
  const exports = [await customExport(join(box().dir, 'longest'), { name, script: 'while :; do sleep 1; done', args: { PV_GROUP: 'root' } })];
  const appengine = await bootAppengine(box(), { exports });
  const { stdout } = await box().exec(['sh', '-c', `cd /run/pantavisor/pv/containers/${name}/pantavisor && ${program('pvcurl')} --unix-socket pv-ctrl /containers`]);
  expect(JSON.parse(stdout)).toMatchObject([{ name, status: 'STARTED' }]);
  await appengine.stop();
  await expectNothingLeft(box());
});
