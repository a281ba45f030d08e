/**
 * Namespaces of the calling thread alone. Another mount namespace is lasting harm to a main thread (its file calls would
 * go on in two worlds at once), so it is only for worker threads that end afterwards: see mount-thread.ts.
 */
import { check, libc } from './libc.ts';

const CLONE_FS = 0x200;
const CLONE_NEWNS = 0x20000;
const CLONE_NEWCGROUP = 0x2000000;

const unshareCall: (flags: number) => number = libc.func('unshare', 'int', ['int']);
const setnsCall: (fd: number, type: number) => number = libc.func('setns', 'int', ['int', 'int']);
const fchdirCall: (fd: number) => number = libc.func('fchdir', 'int', ['int']);

/** Root and working directory become this thread's own, without which no mount namespace can be entered. */
export function unshareFilesystemState(): void {
  check(unshareCall(CLONE_FS), 'unshare');
}

/** A mount namespace of this thread's own, with all mounts as they are. What is mounted later shows elsewhere unless made private. */
export function unshareMountNamespace(): void {
  check(unshareCall(CLONE_NEWNS), 'unshare');
}

/** The thread's present cgroups are the roots, for it and for the processes that it starts. Does no harm to a main thread. Throws SystemError: EPERM. */
export function unshareCgroupNamespace(): void {
  check(unshareCall(CLONE_NEWCGROUP), 'unshare');
}

/** `namespaceFd`: of /proc/<pid>/ns/mnt. Root and working directory are that namespace's root then. Throws SystemError: EPERM. */
export function enterMountNamespace(namespaceFd: number): void {
  check(setnsCall(namespaceFd, CLONE_NEWNS), 'setns');
}

/** Also for an `O_PATH` descriptor. */
export function changeDirectory(fd: number): void {
  check(fchdirCall(fd), 'fchdir');
}
