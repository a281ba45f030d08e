/** What is read of control groups, and who holds a card: without any of them. */
import { expect, test } from 'vitest';
import { findMount, ownGroups, version1, version2 } from '../../../src/plugins/drm/device-groups.ts';
import { Holders } from '../../../src/plugins/drm/holders.ts';
import { allowedBy, deviceRule } from '../../../src/plugins/drm/rule-list.ts';

test('a rule is written for one device, without the right to make nodes', () => {
  expect(deviceRule('226:0')).toBe('c 226:0 rw');
});

test.each([
  ['everything', 'a *:* rwm\n', 'covered'],
  ['the whole major', 'c 226:* rwm\n', 'covered'],
  ['this device, with m', 'c 226:0 rwm\n', 'covered'],
  ['exactly our rule', 'c *:* m\nc 226:0 rw\n', 'ours'],
  ['our rule beside a wider one', 'c 226:0 rw\nc 226:* rwm\n', 'covered'],
  ['making nodes only', 'c *:* m\nb *:* m\n', 'absent'],
  ['reading and writing in two rules, which the kernel does not add up', 'c 226:0 r\nc 226:* w\n', 'absent'],
  ['block devices only', 'b 226:0 rwm\n', 'absent'],
  ['a device whose number begins alike', 'c 226:01 rw\nc 226:00 rw\nc 2260:0 rw\n', 'absent'],
  ['nothing', '', 'absent'],
])('a list that allows %s', (_what, list, allowed) => {
  expect(allowedBy(list, '226:0')).toBe(allowed);
});

test.each([
  ['/lxc/web', 'web', '/', ['/lxc/web']],
  ['/lxc/web/init.scope/x', 'web', '/', ['/lxc/web', '/lxc/web/init.scope', '/lxc/web/init.scope/x']],
  ['/lxc/other', 'web', '/', []],
  ['/', 'web', '/', []],
  ['/system/daemon', 'web', '/', []],
  ['/lxc/outer/lxc/web', 'web', '/lxc/outer', ['/lxc/outer/lxc/web']],
  ['/lxc/outer/lxc/web', 'web', '/', []],
])('of a process in %s, container %s, seen from %s', (path, container, prefix, own) => {
  expect(ownGroups(path, container, prefix)).toEqual(own);
});

test('the hierarchy with devices is found among others, also mounted together with another controller', () => {
  const before = '24 1 0:20 / /sys/fs/cgroup/memory rw shared:5 - cgroup cgroup rw,memory\n25 1 0:21 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n';
  expect(findMount(`${before}26 1 0:22 / /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices\n`, version1)).toEqual({ root: '/', at: '/sys/fs/cgroup/devices' });
  expect(findMount(`${before}26 1 0:22 /docker/x /cg rw,relatime shared:1 master:2 - cgroup cgroup rw,freezer,devices\n`, version1)).toEqual({ root: '/docker/x', at: '/cg' });
  expect(findMount(before, version1)).toBeUndefined();
  expect(findMount(before, version2)).toEqual({ root: '/', at: '/sys/fs/cgroup/unified' });
});

test('a card has one holder, which may have it twice and must give it back as often', () => {
  const holders = new Holders();
  const release = (claim: ReturnType<Holders['claim']>): void => {
    if ('holder' in claim) throw new Error(claim.holder);
    claim.release();
  };
  const first = holders.claim(1, 'a');
  const second = holders.claim(1, 'a');
  expect(holders.claim(1, 'b')).toEqual({ holder: 'a' });
  expect(holders.claim(2, 'b')).toHaveProperty('release');
  release(first);
  expect(holders.claim(1, 'b')).toEqual({ holder: 'a' });
  release(second);
  expect(holders.claim(1, 'b')).toHaveProperty('release');
});
