/** The layouts of control groups that this machine does not have, shown by a private mount namespace. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const child = join(import.meta.dirname, 'kit', 'layout-child.ts');
const mounted = readFileSync('/proc/self/mounts', 'utf8').split('\n');
const hierarchies = mounted.flatMap((line) => /^\S+ \/sys\/fs\/cgroup\/(\S+) cgroup (\S+)/.exec(line)?.slice(1, 3).join(' ') ?? []);

// LXC hands all controllers of version 2 on to the groups below, and that is the machine's setting.
const handedOn = ['/sys/fs/cgroup/unified/cgroup.subtree_control', '/sys/fs/cgroup/cgroup.subtree_control'].find((path) => existsSync(path)) ?? '';
const before = words(handedOn);
afterAll(() => {
  for (const added of words(handedOn).filter((word) => !before.includes(word))) takeBack(added);
});

function takeBack(controller: string): void {
  try {
    writeFileSync(handedOn, `-${controller}`);
  } catch (error) {
    // A group of a test that runs beside this one has it in use: it was not handed on by us alone.
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
  }
}

function words(path: string): string[] {
  return path === '' ? [] : readFileSync(path, 'utf8').split(/\s+/).filter((word) => word !== '');
}

/** `$1`: unified or legacy; the rest is run there. Only private mounts change. */
const inLayout = `
mount --make-rprivate /
umount -l -R /sys/fs/cgroup
if [ "$1" = unified ]; then mount -t cgroup2 cgroup2 /sys/fs/cgroup
else
  mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
  printf '%s\\n' "$2" | while read -r name options; do
    mkdir "/sys/fs/cgroup/$name"
    mount -t cgroup -o "$(printf '%s' "$options" | tr , '\\n' | grep -vxE 'rw|relatime|nosuid|nodev|noexec|release_agent=.*' | paste -sd,)" cgroup "/sys/fs/cgroup/$name"
  done
fi
shift 2
exec "$@"
`;

function run(layout: 'unified' | 'legacy'): unknown {
  const { stdout, stderr, status } = spawnSync('unshare', [
    '--mount', 'sh', '-euc', inLayout, 'sh', layout, hierarchies.join('\n'), process.execPath, '--import', 'tsx', child, `layout-${layout}`,
  ], { encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const same = { exit: { kind: 'exit', code: 3 }, killed: { kind: 'signal', signal: 9 }, lost: 'unknown' };

test('version 2 alone', () => {
  expect(run('unified')).toEqual({ layout: 'CGROUP_UNIFIED', limits: expect.any(Boolean), groups: 2, ...same });
}, 60_000);

test.skipIf(hierarchies.length === 0)('version 1 alone', () => {
  expect(run('legacy')).toEqual({ layout: 'CGROUP_LEGACY', limits: true, groups: 2 * hierarchies.length, ...same });
}, 60_000);
