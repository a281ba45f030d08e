/**
 * Paths whose look-up could block for ever: below the mount of a file system that somebody else serves, a FUSE program or
 * a machine in the network. No system call asks such a file system anything here; what the mount table says is enough.
 * What it cannot see: a mount that the process makes between this and the look-up.
 */
import { constants, readFileSync } from 'node:fs';
import { constants as os } from 'node:os';
import { SystemError } from './errors.ts';
import { closeFd } from './fd.ts';
import { O_PATH, openat2, resolveFlags } from './openat.ts';

const served = /^(?:fuse(?:blk|\..*)?|nfs4?|cifs|smb3?|9p|virtiofs|ceph|afs|coda|orangefs|lustre|glusterfs|autofs)$/;

export interface Rooted {
  readonly pid: number;
  /** `O_PATH`, the root of that process. */
  readonly rootFd: number;
}

/**
 * Why `path` (absolute) must not be looked up in the root of that process; undefined: it may be. A root that is itself such
 * a file system is no reason: the container cannot run without it. Throws Node's errors: ENOENT when the process has ended.
 */
export function hangRisk({ pid, rootFd }: Rooted, path: string): string | undefined {
  const mounts = servedMounts(pid);
  const [first] = mounts;
  if (first === undefined) return undefined;
  const above = mounts.find(({ point }) => path === point || path.startsWith(`${point}/`));
  if (above !== undefined) return `${path} is on a file system of the type ${above.type}, which may never answer; choose a path on a local one`;
  if (!hasSymlink(rootFd, path)) return undefined;
  return `${path} leads through a symbolic link, and ${first.point} is of the type ${first.type}, which may never answer; name the path without links`;
}

/** Whether the kernel can tell what `path` leads to, a last symbolic link not followed, without asking any file system. False on Linux before 5.12. */
export function isCached(rootFd: number, path: string): boolean {
  try {
    closeFd(openat2(rootFd, path, { flags: O_PATH | constants.O_NOFOLLOW, resolve: resolveFlags.IN_ROOT | resolveFlags.NO_MAGICLINKS | resolveFlags.CACHED }));
    return true;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return error.errno !== os.errno.EAGAIN && error.errno !== os.errno.EINVAL;
  }
}

function servedMounts(pid: number): { point: string; type: string }[] {
  // `<id> <parent> <major>:<minor> <root> <mount point> <options> [<field>...] - <type> ...`
  return readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n').flatMap((line) => {
    const [front = '', type = ''] = line.split(' - ');
    const kind = type.split(' ')[0] ?? '';
    const point = (front.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    return served.test(kind) && point !== '/' ? [{ point, type: kind }] : [];
  });
}

/** Only for a path that is not below such a mount by its own words. */
function hasSymlink(rootFd: number, path: string): boolean {
  try {
    closeFd(openat2(rootFd, path, { flags: O_PATH, resolve: resolveFlags.IN_ROOT | resolveFlags.NO_SYMLINKS }));
    return false;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return error.errno === os.errno.ELOOP;
  }
}
