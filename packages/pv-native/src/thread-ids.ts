/**
 * Effective ids of the calling thread alone. libc's own functions change every thread of the process; the bare system
 * calls change one. What a connect(2) made meanwhile tells the other side (SO_PEERCRED, SO_PEERGROUPS) is then these
 * ids. Only for worker threads that do nothing else meanwhile.
 */
import { arch } from 'node:process';
import { libc, check } from './libc.ts';

// setresuid, setresgid, setgroups; on 32-bit Arm the variants with 32-bit ids.
const numbers: Readonly<Record<string, readonly [number, number, number]>> = { x64: [117, 119, 116], arm64: [147, 149, 159], arm: [208, 210, 206] };

const call3: (call: number, a: number, b: number, c: number) => number = libc.func('syscall', 'long', ['long', 'long', 'long', 'long']);

/** Runs `work` with these effective ids and no supplementary groups. Throws SystemError: EPERM. */
export function withThreadIds<T>(uid: number, gid: number, work: () => T): T {
  const calls = numbers[arch];
  if (calls === undefined) throw new Error(`the numbers of setresuid and its like are not known for ${arch}`);
  const [setresuid, setresgid, setgroups] = calls;
  check(call3(setgroups, 0, 0, 0), 'setgroups');
  check(call3(setresgid, -1, gid, -1), 'setresgid', String(gid));
  try {
    check(call3(setresuid, -1, uid, -1), 'setresuid', String(uid));
    try {
      return work();
    } finally {
      // The saved id is still root's, so this cannot fail; if it did, nothing on this thread may go on.
      check(call3(setresuid, -1, 0, -1), 'setresuid', '0');
    }
  } finally {
    check(call3(setresgid, -1, 0, -1), 'setresgid', '0');
  }
}
