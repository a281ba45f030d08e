/**
 * Who a role is on a provider's bus. A name is looked up in the provider's own /etc/passwd: that file is the provider's
 * to write, and so is what a role means to it. Everything that is not found is nobody. Ids are the provider's; for a
 * provider with a user namespace they are translated into ours for the kernel; an id that it does not have is nobody's too.
 */
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { errorCode } from '@pv/pv-native/errors';
import { closeFd, statFd } from '@pv/pv-native/fd';
import { O_PATH, openInRoot } from '@pv/pv-native/openat';
import { hangReason } from '../../links/hang-reason.ts';
import { nobody, outsideId, resolveRole, type Identity } from './roles.ts';

export interface BusIdentity extends Identity {
  /** The same ids as the host's kernel counts them. */
  readonly host: { readonly uid: number; readonly gid: number };
}

export interface Provider {
  readonly pid: number;
  /** `O_PATH`, its root. */
  readonly rootFd: number;
}

const passwd = '/etc/passwd';
const maxPasswd = 1024 * 1024;

/** `numericRoot`: the provider's export lists the role `0`. Throws Node's errors (ENOENT: the process has ended). */
export function identify(role: string, { pid, rootFd }: Provider, { numericRoot }: { numericRoot: boolean }): BusIdentity {
  const identity = resolveRole(role, readPasswd({ pid, rootFd }), numericRoot);
  const uid = outsideId(readMap(pid, 'uid_map'), identity.uid);
  const gid = outsideId(readMap(pid, 'gid_map'), identity.gid);
  // What has no number inside is shown there as 65534, and so is this number of ours.
  return uid === undefined || gid === undefined ? { ...nobody, host: nobody } : { ...identity, host: { uid, gid } };
}

/** Empty when it is missing, no regular file, too big to be one, or on a file system that may never answer: nothing there must hold up the mesh. */
function readPasswd({ pid, rootFd }: Provider): string {
  if (hangReason({ pid, rootFd }, passwd) !== undefined) return '';
  let fd: number;
  try {
    fd = openInRoot(rootFd, passwd, O_PATH);
  } catch (error) {
    if (errorCode(error) !== undefined) return '';
    throw error;
  }
  try {
    return isRegular(statFd(fd).mode) ? readOpened(fd) : '';
  } finally {
    closeFd(fd);
  }
}

/** Through the very object that was looked at. */
function readOpened(pathFd: number): string {
  const fd = openSync(`/proc/self/fd/${pathFd}`, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const content = Buffer.alloc(maxPasswd + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < content.length; length += read) read = readSync(fd, content, length, content.length - length, null);
    return length > maxPasswd ? '' : content.toString('latin1', 0, length);
  } finally {
    closeSync(fd);
  }
}

function isRegular(mode: number): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFREG;
}

function readMap(pid: number, file: 'uid_map' | 'gid_map'): string {
  return readFileSync(`/proc/${pid}/${file}`, 'latin1');
}
