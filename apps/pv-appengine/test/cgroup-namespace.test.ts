import { expect, test } from 'vitest';
import { needsCgroupNamespace } from '../src/cgroup-namespace.ts';

const mount = (root: string, type = 'cgroup') => `253 248 0:33 ${root} /sys/fs/cgroup/devices rw,nosuid - ${type} cgroup rw,devices\n`;
const home = '243 1 254:0 /docker/2fb0 /etc/hosts rw,relatime - ext4 /dev/vda rw\n';

test.each([
  ['Docker, version 1', mount('/docker/2fb0'), '5:devices:/docker/2fb0\n0::/docker/2fb0\n', true],
  ['version 2 mounted so', mount('/docker/2fb0', 'cgroup2'), '0::/docker/2fb0\n', true],
  ['Docker with a namespace', mount('/'), '5:devices:/\n0::/\n', false],
  ['a machine', mount('/'), '5:devices:/user.slice\n0::/user.slice/session-1.scope\n', false],
  ['the group of somebody else is mounted', mount('/docker/ffff'), '5:devices:/docker/2fb0\n', false],
  ['a file of Docker that has the same path', home, '5:devices:/docker/2fb0\n', false],
  ['no control groups', '', '', false],
])('%s', (_what, mountinfo, cgroup, expected) => {
  expect(needsCgroupNamespace(mountinfo, cgroup)).toBe(expected);
});
