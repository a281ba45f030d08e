/**
 * A container of Docker sees, where control groups of version 1 are mounted, its own group as the root of the mount, but the
 * paths of its processes from the host's root, unless it has a cgroup namespace. LXC then finds no group at the path that it
 * reads, makes none, and nothing is limited or found by its group. In a namespace of our own both are the same. Pure.
 */

/** `mountinfo`, `cgroup`: texts of those files in /proc/self. */
export function needsCgroupNamespace(mountinfo: string, cgroup: string): boolean {
  const own = new Set(cgroup.split('\n').map((line) => line.replace(/^\d+:[^:]*:/, '')));
  return mountinfo.split('\n').some((line) => {
    const [, , , root = '', ...rest] = line.split(' ');
    return /^cgroup2?$/.test(rest[rest.indexOf('-') + 1] ?? '') && root !== '/' && own.has(root);
  });
}
