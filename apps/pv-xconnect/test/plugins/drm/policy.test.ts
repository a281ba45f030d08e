import { expect, test } from 'vitest';
import { judgeDevice, parseTestDevices, roleRefusal, type ExportedNode } from '../../../src/plugins/drm/policy.ts';

const none = new Set<string>();
const node = (change: Partial<ExportedNode>): ExportedNode => ({ path: '/dev/dri/card0', character: true, major: 226, minor: 0, sysfs: undefined, ...change });

test.each([
  [0, 'card'], [63, 'card'], [128, 'render'], [191, 'render'], [300, 'render'],
] as const)('minor %i of major 226 is a %s', (minor, kind) => {
  expect(judgeDevice(node({ minor }), none)).toEqual({ kind });
});

test.each([
  ['a block device', node({ character: false }), 'is not a character device'],
  ['/dev/mem', node({ major: 1, minor: 1 }), 'is the device 1:1, which is no DRM device'],
  ['a control node', node({ minor: 64 }), 'neither a card'],
  ['a card that sysfs does not have', node({ sysfs: 'absent' }), 'which this machine does not have'],
  ['a number that sysfs gives to another subsystem', node({ sysfs: { name: 'ttyS0', subsystem: 'tty' } }), "'ttyS0' of the subsystem 'tty'"],
  ['a card that sysfs calls a render node', node({ sysfs: { name: 'renderD128', subsystem: 'drm' } }), "'renderD128'"],
])('7.2-13 %s is refused', (_what, exported, reason) => {
  expect(judgeDevice(exported, none)).toEqual({ refusal: expect.stringContaining(reason) as string });
});

test('what sysfs confirms is handed out', () => {
  expect(judgeDevice(node({ sysfs: { name: 'card0', subsystem: 'drm' } }), none)).toEqual({ kind: 'card' });
  expect(judgeDevice(node({ minor: 128, sysfs: { name: 'renderD128', subsystem: 'drm' } }), none)).toEqual({ kind: 'render' });
});

test('a device is handed out for tests only when it is named, as a character device, and counts as its path says', () => {
  const allowed = parseTestDevices('1:3,1:5');
  expect([...allowed]).toEqual(['1:3', '1:5']);
  expect(judgeDevice(node({ major: 1, minor: 3 }), allowed)).toEqual({ kind: 'card' });
  expect(judgeDevice(node({ major: 1, minor: 3, path: '/dev/dri/renderD128' }), allowed)).toEqual({ kind: 'render' });
  expect(judgeDevice(node({ major: 1, minor: 3, character: false }), allowed)).toHaveProperty('refusal');
  expect(judgeDevice(node({ major: 1, minor: 1 }), allowed)).toHaveProperty('refusal');
  expect(parseTestDevices('').size).toBe(0);
});

test('the roles master and render get their own kind only, other roles what is exported', () => {
  expect(roleRefusal('master', 'card', '/c')).toBeUndefined();
  expect(roleRefusal('render', 'render', '/r')).toBeUndefined();
  expect(roleRefusal('render', 'card', '/c')).toContain("ask for it with the role 'master'");
  expect(roleRefusal('master', 'render', '/r')).toContain("ask for it with the role 'render'");
  expect([roleRefusal('client', 'card', '/c'), roleRefusal('any', 'render', '/r')]).toEqual([undefined, undefined]);
});
