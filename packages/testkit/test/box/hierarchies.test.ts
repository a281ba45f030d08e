import { describe, expect, it } from 'vitest';
import { hierarchies } from '../../src/box/hierarchies.ts';

const line = (point: string, source: string): string => `31 30 0:28 / ${point} rw,nosuid shared:9 - ${source}`;

describe('the cgroup hierarchies of a machine', () => {
  it('is one on a machine of version 2', () => {
    expect(hierarchies(line('/sys/fs/cgroup', 'cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot'))).toEqual([{ point: '/sys/fs/cgroup', type: 'cgroup2', options: '' }]);
  });

  it('keeps of version 1 what says which hierarchy it is', () => {
    const text = [
      line('/sys/fs/cgroup', 'tmpfs tmpfs ro,mode=755'),
      line('/sys/fs/cgroup/unified', 'cgroup2 cgroup2 rw,nsdelegate'),
      line('/sys/fs/cgroup/systemd', 'cgroup cgroup rw,xattr,name=systemd'),
      line('/sys/fs/cgroup/cpu,cpuacct', 'cgroup cgroup rw,cpu,cpuacct'),
      line('/sys/fs/cgroup/cpuset', 'cgroup cgroup rw,cpuset,clone_children'),
    ].join('\n');
    expect(hierarchies(text)).toEqual([
      { point: '/sys/fs/cgroup/unified', type: 'cgroup2', options: '' },
      { point: '/sys/fs/cgroup/systemd', type: 'cgroup', options: 'none,name=systemd' },
      { point: '/sys/fs/cgroup/cpu,cpuacct', type: 'cgroup', options: 'cpu,cpuacct' },
      { point: '/sys/fs/cgroup/cpuset', type: 'cgroup', options: 'cpuset' },
    ]);
  });

  it('lists a hierarchy once, and none of other places', () => {
    const twice = [line('/sys/fs/cgroup/pids', 'cgroup cgroup rw,pids'), line('/sys/fs/cgroup/again', 'cgroup cgroup rw,pids'), line('/mnt/cg', 'cgroup2 none rw')].join('\n');
    expect(hierarchies(twice).map(({ point }) => point)).toEqual(['/sys/fs/cgroup/pids']);
  });
});
