/** Layouts of control groups that this machine does not have, shown by a private mount namespace. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type CgroupLayout = 'unified' | 'legacy';

/** Version 1 hierarchies of this machine: `<directory> <mount options>`. */
export const version1Hierarchies = readFileSync('/proc/self/mounts', 'utf8').split('\n').flatMap((line) => /^\S+ \/sys\/fs\/cgroup\/(\S+) cgroup (\S+)/.exec(line)?.slice(1, 3).join(' ') ?? []);

/** `$1`: the layout, `$2`: the hierarchies of version 1; the rest is run there. Only private mounts change. */
const inside = `
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

/** LXC hands all controllers of version 2 on to the groups below, and that is the machine's setting: it becomes what it was, unless a group is in use that has them. */
const outside = `
for each in /sys/fs/cgroup /sys/fs/cgroup/unified; do [ -e "$each/cgroup.subtree_control" ] && handed="$each/cgroup.subtree_control"; done
before=" $(cat "$handed" 2>/dev/null) "
status=0
seconds=$1
shift
timeout --kill-after=5 "$seconds" unshare --mount sh -euc "$0" sh "$@" || status=$?
for controller in $(cat "$handed" 2>/dev/null); do
  case "$before" in *" $controller "*) ;; *) echo "-$controller" 2>/dev/null >"$handed" || true ;; esac
done
exit "$status"
`;

/** One at a time on this machine, since all share that setting. Status 124: the time was up, and what ran there was ended. */
export function runInLayout(layout: CgroupLayout, command: readonly string[], { cwd, timeoutMs }: { readonly cwd?: string; readonly timeoutMs: number }): SpawnSyncReturns<string> {
  return spawnSync('flock', [join(tmpdir(), 'pv-cgroup-layout.lock'), 'sh', '-c', outside, inside, String(timeoutMs / 1000), layout, version1Hierarchies.join('\n'), ...command], {
    encoding: 'utf8', ...(cwd === undefined ? {} : { cwd }),
  });
}
