import type { ContainerName, GroupName } from '@pv/contract/names';
import type { StartSpec } from '@pv/engine/engine';
import { describe, expect, test } from 'vitest';
import type { CgroupLayout } from '../src/cgroup.ts';
import { configMark, haltSignal, mergedConfig, unusablePath } from '../src/merged-config.ts';
import { signalNumber } from '../src/signals.ts';

const spec = (text: string, more: Partial<StartSpec> = {}): StartSpec => ({
  name: 'app' as ContainerName, group: 'root' as GroupName, config: { path: 'c', text }, rootfs: { lower: ['/v/config', '/v/root'], writable: '/v/overlay' },
  volumesDir: '/run/pv/volumes', mounts: [], environment: {}, logs: { console: '/l/console.log', engine: '/l/lxc.log' }, stateDir: '/s', ...more,
});
const lines = (text: string, more?: Partial<StartSpec>, layout: CgroupLayout = 'CGROUP_HYBRID') => mergedConfig(spec(text, more), { hook: '/usr/lib/pv/hook', layout, logLength: 12 }).split('\n');

describe('the configuration LXC gets', () => {
  test('begins with our mark, ends with our lines', () => {
    const got = lines('lxc.init.cmd = /start', { environment: { A: 'b c' } });
    expect(got[0]).toBe(configMark);
    expect(got).toEqual(expect.arrayContaining([
      'lxc.init.cmd = /start', 'lxc.uts.name = app', 'lxc.rootfs.path = overlay:/v/config:/v/root:/v/overlay/upper', 'lxc.cgroup.dir.container = lxc/app',
      'lxc.cgroup.dir.monitor = lxc.monitor.app', 'lxc.console.rotate = 1', 'lxc.environment = A=b c',
      'lxc.hook.start-host = /usr/lib/pv/hook /s /l/lxc.log lxc/app 12 own-network', 'lxc.hook.stop = /usr/lib/pv/hook /s /l/lxc.log lxc/app 12 stop',
    ]));
  });

  test.each([
    ['', 'lxc.net.0.type = empty', true], ['lxc.net.0.type = veth', 'lxc.net.0.type = empty', false],
    ['', 'lxc.tty.max = 0', true], ['lxc.tty.max = 4', 'lxc.tty.max = 0', false],
    ['', 'lxc.mount.auto = proc:mixed sys:ro cgroup:mixed', true], ['lxc.mount.auto = proc', 'lxc.mount.auto = proc:mixed sys:ro cgroup:mixed', false],
    ['lxc.uts.name = other', 'lxc.uts.name = app', false],
  ])('%j: default %j is there: %s', (text, line, there) => {
    expect(lines(text).includes(line)).toBe(there);
  });

  test.each([
    ['lxc.net.0.flags = up', true], ['lxc.net.0.type = macvlan', false], ['lxc.namespace.keep = user ipc', true],
  ])('a network of its own, always: %j', (text, added) => {
    expect(lines(text).includes('lxc.net.0.type = empty')).toBe(added);
    expect(lines(text).find((line) => line.startsWith('lxc.hook.start-host'))).toMatch(/ own-network$/);
  });

  test.each(['lxc.namespace.keep = user net ipc', 'lxc.net.0.type = none', 'lxc.net.0.type = "none"'])('the hook lets the host\'s network pass for %j', (text) => {
    expect(lines(text).find((line) => line.startsWith('lxc.hook.start-host'))).toMatch(/ host-network$/);
  });

  test('what exported files say about logs, console and start gives way to ours', () => {
    const got = lines('lxc.console.path = none\nlxc.console.logfile = /etc/passwd\nlxc.log.file = /etc/passwd\nlxc.start.auto = 1\nlxc.rootfs.mount = /');
    expect(got.filter((line) => /passwd|none$|^lxc\.(?:start|rootfs\.mount|log)/.test(line))).toEqual([]);
    expect(got).toContain('lxc.console.logfile = /l/console.log');
  });

  test.each([
    ['CGROUP_HYBRID', ['lxc.cgroup.memory.limit_in_bytes = 1', 'lxc.cgroup.devices.deny = a']],
    ['CGROUP_UNIFIED', ['lxc.cgroup2.memory.max = 2', 'lxc.cgroup2.devices.deny = a']],
  ] as const)('limits for %s', (layout, expected) => {
    const text = 'lxc.cgroup.memory.limit_in_bytes = 1\nlxc.cgroup2.memory.max = 2\nlxc.cgroup.devices.deny = a';
    expect(lines(text, {}, layout).filter((line) => /^lxc\.cgroup2?\.(?!dir)/.test(line))).toEqual(expected);
  });

  test('rules about devices of the machine\'s own version stand alone', () => {
    const text = 'lxc.cgroup.devices.deny = a\nlxc.cgroup2.devices.allow = a';
    expect(lines(text).filter((line) => line.includes('.devices.'))).toEqual(['lxc.cgroup.devices.deny = a']);
  });

  test('capabilities are dropped unless the revision chooses', () => {
    expect(lines('').some((line) => line.startsWith('lxc.cap.drop = ') && line.includes('sys_boot'))).toBe(true);
    expect(lines('lxc.cap.keep = net_admin').some((line) => line.startsWith('lxc.cap.drop'))).toBe(false);
  });

  test('its own root file system and quotes do not get through', () => {
    const got = lines('lxc.rootfs.path = dir:/\nlxc.environment = ""A=b""');
    expect(got.filter((line) => line.startsWith('lxc.rootfs.path'))).toHaveLength(1);
    expect(got).toContain('lxc.environment = ""A=b""');
  });

  test('paths with blanks, quotes and dollars', () => {
    const got = lines('lxc.mount.entry = /volumes/app/data data none bind 0 0', {
      volumesDir: "/run dir/$&/v", stateDir: "/it's $HOME", mounts: [{ source: '/a b', target: '/p q', kind: 'dir', readOnly: true }],
    });
    expect(got).toContain('lxc.mount.entry = /run\\040dir/$&/v/app/data data none bind 0 0');
    expect(got).toContain('lxc.mount.entry = /a\\040b p\\040q none bind,ro,create=dir 0 0');
    expect(got).toContain("lxc.hook.stop = /usr/lib/pv/hook /it\\'s\\ \\$HOME /l/lxc.log lxc/app 12 stop");
  });

  test.each([
    [{ rootfs: { lower: ['/a:b'], writable: '/w' } }, /'\/a:b' holds a colon/],
    [{ rootfs: { lower: ['/a'], writable: '/w,x' } }, /'\/w,x' holds a colon, a comma/],
    [{ stateDir: '/a\nlxc.hook.stop = x' }, /is not an absolute path/],
    [{ stateDir: 'relative' }, /is not an absolute path/],
    [{ logs: { console: '/l/c ', engine: '/l/e' } }, /white space at its end/],
  ])('a path that LXC cannot take: %j', (more, expected) => {
    expect(unusablePath(spec('', more), '/hook')).toMatch(expected);
    expect(unusablePath(spec(''), '/hook')).toBeUndefined();
  });
});

test.each([
  ['SIGPWR', 30], ['SIGTERM', 15], ['15', 15], ['SIGRTMIN+3', 37], ['SIGRTMIN', 34], ['SIGRTMAX-1', 63], ['SIGRTMAX', 64], ['nonsense', 30], ['0', 30], ['99', 30], ['', 30],
])('halt signal %j is %i', (text, number) => {
  expect(signalNumber(text)).toBe(number);
});

test('the last lxc.signal.halt counts', () => {
  expect(haltSignal(spec('lxc.signal.halt = SIGINT\nlxc.signal.halt = "SIGTERM"'))).toBe('SIGTERM');
  expect(haltSignal(spec(''))).toBe('SIGPWR');
});
