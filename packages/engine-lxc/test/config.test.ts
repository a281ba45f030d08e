import { describe, expect, test } from 'vitest';
import type { CgroupLayout } from '../src/cgroup.ts';
import { configLines, configProblems, configText } from '../src/config.ts';

const controllers = new Set(['memory', 'pids', 'cpu', 'devices']);
const problems = (text: string, { allowHostNetwork = false, layout = 'CGROUP_HYBRID' as CgroupLayout } = {}) =>
  configProblems({ path: 'app/lxc.container.conf', text }, { allowHostNetwork, layout, controllers });

describe('lines', () => {
  test('comments and empty lines are left out, numbers are the file\'s', () => {
    expect(configLines({ path: 'x', text: '# a\n\n  lxc.uts.name =  one two \n\tlxc.cap.drop\n' })).toEqual([
      { key: 'lxc.uts.name', value: 'one two', line: 3 },
      { key: 'lxc.cap.drop', value: '', line: 4 },
    ]);
  });

  test.each([
    ['"none"', 'none'], ["'none'", 'none'], ['""none""', '"none"'], ['"a', '"a'], ['"', '"'], ['""', ''], ['"a" "b"', 'a" "b'],
  ])('quotes as LXC takes them off: %s', (value, expected) => {
    const [line] = configLines({ path: 'x', text: `lxc.uts.name = ${value}` });
    expect(line?.value).toBe(expected);
    expect(configLines({ path: 'x', text: configText('lxc.uts.name', expected) })[0]?.value).toBe(expected);
  });
});

describe('refused, with file and line', () => {
  test.each([
    ['lxc.hook.mount = /bin/sh', /runs a program on the host/],
    ['lxc.hook = x', /runs a program on the host/],
    ['lxc.net.0.script.up = /bin/sh', /runs a program on the host/],
    ['lxc.include = /etc/x', /reads another file of the host/],
    ['lxc.seccomp.profile = /etc/x', /reads another file of the host/],
    ['lxc.mount.fstab = /etc/fstab', /use lxc.mount.entry/],
    ['lxc.namespace.share.net = 1', /another process's namespace/],
    ['lxc.namespace.clone = pid', /remove the line/],
    ['lxc.namespace.keep = user net', /shares the host's network/],
    ['lxc.namespace.keep = pid', /keeps the host's pid namespace/],
    ['lxc.namespace.keep = mnt uts', /keeps the host's mnt and uts namespace/],
    ['lxc.net.0.type = none', /shares the host's network/],
    ['lxc.net.0.type = "none"', /shares the host's network/],
    ["lxc.net.12.type = 'none'", /shares the host's network/],
    ['lxc.net.0.type = ""none""', /must be empty, veth/],
    ['lxc.net.0.type = none\u0000x', /control character/],
    ['lxc.net.0.type = phys', /takes an interface away/],
    ['lxc.ephemeral = 1', /is for pv-core to decide/],
    ['lxc.execute.cmd = x', /is for pv-core to decide/],
    ['lxc.monitor.signal.pdeath = 9', /is for pv-core to decide/],
    ['lxc.cgroup.dir = x', /is for pv-core to decide/],
    ['lxc.cgroup.dir.container = x', /is for pv-core to decide/],
    ['lxc.cgroup2.dir.monitor = x', /is for pv-core to decide/],
    ['lxc.cgroup.relative = 1', /is for pv-core to decide/],
    ['lxc.cgroup2.memory.max = 1M', /cgroup v1, where LXC ignores it/],
    ['lxc.cgroup.cgroup.procs = 1', /about the control group itself/],
    ['lxc.cgroup.hugetlb.2MB.limit_in_bytes = 0', /no controller 'hugetlb'/],
    ['lxc.cgroup.release_agent = /x', /not a key that a revision may set/],
    ['lxc.console.nonsense = 1', /not a key that a revision may set/],
    ['lxc.environment.hooks = LD_PRELOAD=/x', /not a key that a revision may set/],
    ['lxc.net = ', /not a key that a revision may set/],
    ['lxc.net.0 = ', /not a key that a revision may set/],
    ['lxc.net.0.type = ', /must be empty, veth/],
    ['lxc.mount.auto = proc shmounts:/', /'shmounts:\/' is not allowed/],
    ['lxc.tty.dir = ../../tmp', /name of one directory in \/dev/],
    ['lxc.init.cmd = /bin/sh -c "exit 3', /a word begins with "/],
    ['lxc.rootfs.options = upperdir=/etc', /'upperdir=\/etc' is not allowed/],
    ['lxc.sysctl.kernel.core_pattern = |/x', /changes the whole host/],
    ['lxc.sysctl.net./../kernel.core_pattern = x', /not the name of a kernel setting/],
    ['lxc.proc.../../etc/passwd = x', /not a key that a revision may set/],
    ['lxc.namespace.keepx = net', /not a key that a revision may set/],
    ['lxc.network.type = none', /not a key that a revision may set/],
    ['lxc.cgroup.memory/../x = 1', /not a key that a revision may set/],
    ['lxc.nonsense', /not a key that a revision may set/],
    ['PATH=/bin', /every key begins with "lxc."/],
  ])('%s', (line, expected) => {
    const found = problems(`lxc.init.cmd = /init\n\n${line}`);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^app\/lxc\.container\.conf:3: /);
    expect(found[0]).toMatch(expected);
  });

  test.each([
    ['/etc etc none bind', /mounts '\/etc' of the host/],
    ['/ host none rbind', /mounts '\/' of the host/],
    ['proc run/proc none bind', /mounts 'proc' of the host/],
    ['/volumes/../etc x none bind', /must not contain '\.\.'/],
    ['/volumes/c/data ../../x none bind', /must not contain '\.\.'/],
    ['/volumes/c/data/deeper x none bind', /is inside a volume/],
    ['/volumes/c x none bind', /is inside a volume/],
    ['/dev/ dev none bind', /mounts '\/dev\/' of the host/],
    ['/dev dev none rbind', /mounts '\/dev' of the host/],
    ['/dev/fd/3 x none bind', /mounts '\/dev\/fd\/3' of the host/],
    ['/dev/shm/x x none bind', /mounts '\/dev\/shm\/x' of the host/],
    ['/dev/null x none bind,relative', /'relative' is not allowed/],
    ['dev/null x none bind,relative,optional', /'relative' is not allowed/],
    ['/sys/\\056\\056/etc x none bind', /may hold no backslash/],
    ['/storage x none bind', /mounts '\/storage' of the host/],
    ['/run/pantavisor/pv x none bind', /mounts '\/run\/pantavisor\/pv' of the host/],
    ['/exports/other/etc x none bind', /not provided/],
    ['/dev/sda1 x ext4 defaults', /without the option bind, as a disk/],
    ['none x overlay lowerdir=/,upperdir=/a,workdir=/b', /'lowerdir=\/' is not allowed/],
    ['none x overlay defaults', /file system of type 'overlay'/],
    ['debugfs x debugfs rw', /file system of type 'debugfs'/],
    ['none x none rshared', /'rshared' is not allowed/],
    ['/volumes/c/data x none bind,idmap=/proc/1/ns/user', /'idmap=\/proc\/1\/ns\/user' is not allowed/],
    ['tmpfs x', /must be: source target type options/],
  ])('mount entry %s', (entry, expected) => {
    expect(problems(`lxc.mount.entry = ${entry} 0 0`.replace(/x 0 0$/, 'x'))).toEqual([expect.stringMatching(expected)]);
  });

  test('every defect, not only the first; a key cannot forge a line', () => {
    expect(problems('lxc.include = x\nlxc.hook.stop = y\n\u001b[2Jx = 1').map((line) => line.split(' ')[0])).toEqual([
      'app/lxc.container.conf:1:', 'app/lxc.container.conf:2:', 'app/lxc.container.conf:3:',
    ]);
    expect(problems('\u001b[2Jx = 1')[0]).not.toContain('\u001b');
  });
});

describe('allowed', () => {
  test('what exported files usually say', () => {
    expect(problems([
      'lxc.tty.max = 8', 'lxc.pty.max = 1024', 'lxc.log.file = /pv/logs/app.log', 'lxc.console.path = none', 'lxc.cgroup.devices.allow = a', 'lxc.rootfs.path = overlayfs:/volumes/app/root.squashfs:/volumes/app/lxc-overlay/upper',
      'lxc.init.cmd = /entry "a b" "--x"', 'lxc.init.cwd = /', 'lxc.environment = A=b', 'lxc.namespace.keep = user ipc', 'lxc.mount.auto = proc sys:rw cgroup',
      'lxc.mount.entry = /etc/resolv.conf etc/resolv.conf none bind,create=file 0 0', 'lxc.mount.entry = tmpfs run tmpfs rw,nosuid 0 0',
      'lxc.mount.entry = /volumes/app/docker--data data none bind,rw,create=dir 0 0', 'lxc.mount.entry = /dev/net/tun dev/net/tun none bind,create=file',
      'lxc.cap.drop = sys_boot', 'lxc.cap.keep =', 'lxc.net.0.type = veth', 'lxc.net.0.veth.pair = x', 'lxc.net.0.ipv4.address = 10.0.0.2/24',
      'lxc.signal.halt = SIGRTMIN+3', 'lxc.cgroup.memory.limit_in_bytes = 20M', 'lxc.cgroup.devices.allow = c 1:3 rwm', 'lxc.prlimit.nofile = 100',
      'lxc.sysctl.net.ipv4.ip_forward = 1', 'lxc.rootfs.options = idmap=container', 'lxc.idmap = u 0 100000 65536', 'lxc.apparmor.profile = unconfined',
    ].join('\n'))).toEqual([]);
  });

  test('the host\'s network where the device allows it', () => {
    expect(problems('lxc.net.0.type = none\nlxc.namespace.keep = user net ipc\nlxc.net.1.type = phys', { allowHostNetwork: true })).toEqual([]);
  });

  test('limits of the version that the machine has', () => {
    expect(problems('lxc.cgroup2.memory.max = 1M', { layout: 'CGROUP_UNIFIED' })).toEqual([]);
    expect(problems('lxc.cgroup.memory.limit_in_bytes = 1M', { layout: 'CGROUP_UNIFIED' })).toEqual([expect.stringMatching(/only cgroup v2.*lxc\.cgroup2\.memory\./)]);
  });

  test('limits of both versions, for any machine', () => {
    const both = 'lxc.cgroup.memory.limit_in_bytes = 1M\nlxc.cgroup2.memory.max = 1M';
    expect(problems(both)).toEqual([]);
    expect(problems(both, { layout: 'CGROUP_UNIFIED' })).toEqual([]);
    expect(problems(`${both}\nlxc.cgroup2.pids.max = 9`)).toEqual([expect.stringMatching(/:3: .*lxc\.cgroup\.pids\. as well/)]);
  });

  test.each(['CGROUP_HYBRID', 'CGROUP_UNIFIED'] as const)('rules about devices of either version on %s', (layout) => {
    expect(problems('lxc.cgroup.devices.deny = a\nlxc.cgroup.devices.allow = c 1:3 rwm', { layout })).toEqual([]);
    expect(problems('lxc.cgroup2.devices.deny = a', { layout })).toEqual([]);
  });
});
