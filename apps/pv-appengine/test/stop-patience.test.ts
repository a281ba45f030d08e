import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempRoot } from '@pv/testkit/temp-root';
import { afterAll, expect, it } from 'vitest';
import { definedGroups, stopPatienceMs } from '../src/stop-patience.ts';

const root = tempRoot('pv-patience');
afterAll(() => root.remove());

it('is longer than every group takes that is stopped by force', () => {
  for (const grace of [0, 5, 60, 3600]) expect(stopPatienceMs(grace, 0)).toBeGreaterThan(4 * grace * 1000);
  for (const groups of [5, 16]) expect(stopPatienceMs(60, groups)).toBeGreaterThan(groups * 60 * 1000);
  expect(stopPatienceMs(5, 0)).toBe(30_000);
});

it.each([
  ['device.json', { 'device.json': { groups: [{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd' }, { name: 'e' }] } }, 5],
  ['groups.json', { 'groups.json': [{ name: 'a' }] }, 1], ['neither', {}, 0], ['a device.json without groups, which counts alone', { 'device.json': {}, 'groups.json': [{ name: 'a' }] }, 0],
  ['rubbish', { 'device.json': null }, 0], ['a word', 'x', 0],
])('counts the groups of the revision that boots: %s', (_, state, groups) => {
  const trail = join(root.path, 'trails/locals/x/.pvr');
  mkdirSync(trail, { recursive: true });
  mkdirSync(join(root.path, 'boot'), { recursive: true });
  writeFileSync(join(root.path, 'boot/uboot.txt'), 'pv_rev=locals/x\0');
  writeFileSync(join(trail, 'json'), JSON.stringify(state));
  expect(definedGroups(root.path)).toBe(groups);
});

it('counts none where there is no revision', () => {
  expect(definedGroups(join(root.path, 'none'))).toBe(0);
});
