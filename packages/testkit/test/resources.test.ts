import { expect, it } from 'vitest';
import { difference, mounts } from '../src/resources.ts';

it('lists what is new, by kind, and counts what is there twice', () => {
  const before = { mounts: ['/', '/a'], processes: ['1 init'] };
  expect(difference(before, { mounts: ['/', '/a', '/a', '/b'], processes: [], cgroups: ['c'] })).toEqual(['mounts: /a', 'mounts: /b', 'cgroups: c']);
  expect(difference(before, before)).toEqual([]);
});

it('reads mounts, whatever optional fields they have', () => {
  const text = '36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 propagate_from:2 - ext3 /dev/root rw\n22 1 0:21 / /proc rw - proc proc rw\n';
  expect(mounts(text)).toEqual([{ device: '98:0', point: '/mnt2' }, { device: '0:21', point: '/proc' }]);
});
