import { expect, test } from 'vitest';
import { belongsTo } from '../../src/links/cgroup.ts';

const top = '5:memory:/\n4:pids:/\n0::/\n';
const belongs = (text: string, own = top) => belongsTo('web', text, own);

test.each([
  ['version 2', '0::/lxc/web\n'],
  ['version 2, in a group below', '0::/lxc/web/init.scope\n'],
  ['version 1, whatever the order of lines', '9:name=systemd:/\n7:memory:/lxc/web\n3:cpuset:/\n'],
  ['hybrid', '5:memory:/lxc/web\n0::/lxc/web/.lxc\n'],
  ['a namespace that shows paths relative to elsewhere', '0::/../lxc/web\n'],
  ['a group of its own that looks like another container', '0::/lxc/web/lxc/other\n'],
])('%s', (_what, text) => {
  expect(belongs(text)).toBe(true);
});

test.each([
  ['no cgroup at all', ''],
  ['the host', top],
  ['another container', '0::/lxc/db\n'],
  ['a longer name', '0::/lxc/web-1\n'],
  ['a shorter name', '0::/lxc/we\n'],
  ['a name that only ends alike', '0::/mylxc/web\n'],
  ['a group of another container that looks like this one', '0::/lxc/db/lxc/web\n'],
  ['a hierarchy that nobody manages, in which another container made the group', '5:memory:/lxc/db\n1:name=x:/lxc/web\n'],
  ['controllers named so', '5:lxc/web:/\n'],
  ['nothing after lxc', '0::/lxc\n'],
])('not %s', (_what, text) => {
  expect(belongs(text)).toBe(false);
});

test('where the runtime itself runs in a container, that container is not the answer', () => {
  const own = '5:memory:/lxc/outer\n0::/lxc/outer/.lxc\n';
  expect(belongs('5:memory:/lxc/outer/lxc/web\n', own)).toBe(true);
  expect(belongs('5:memory:/lxc/outer/lxc/db\n', own)).toBe(false);
  expect(belongsTo('outer', '5:memory:/lxc/outer/lxc/web\n', own)).toBe(false);
});
