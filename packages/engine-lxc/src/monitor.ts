/**
 * The monitor's command socket: who holds a connection to it learns of the monitor's end as an event, whoever started
 * the monitor. Nothing is sent, nothing is read.
 */
import { readFileSync } from 'node:fs';
import { watchEnd, type Watch } from '@pv/engine/watch';
import { connectAbstract } from '@pv/pv-native/socket';
import { processGone } from './process-gone.ts';

/** sun_path, less the NUL that begins an abstract name. */
const maxName = 107;

/** For the last hook, on a slow device under load. */
const patienceMs = 10_000;

/** The name LXC gives to the socket; a longer one it would hash. */
export function commandSocketName(lxcPath: string, name: string): string {
  return `${lxcPath}/${name}/command`;
}

export function fitsCommandSocket(lxcPath: string, name: string): boolean {
  return Buffer.byteLength(commandSocketName(lxcPath, name)) < maxName;
}

/** Undefined: no monitor of this container runs. */
export function watchMonitor(lxcPath: string, name: string): Watch | undefined {
  const fd = connect(commandSocketName(lxcPath, name));
  return fd === undefined ? undefined : watchEnd(fd);
}

/**
 * Waits, with a bound, until the monitor has ended: it closes its socket a moment before it runs its last hook and
 * goes. False: it hangs. A pid that another program has by now counts as gone.
 */
export async function monitorGone(pid: number | undefined): Promise<boolean> {
  return pid === undefined || (await processGone(pid, patienceMs, () => isMonitor(pid)));
}

function isMonitor(pid: number): boolean {
  try {
    return /^(?:\[lxc monitor\]|\S*lxc-start)/.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
  } catch {
    return false;
  }
}

function connect(name: string): number | undefined {
  try {
    return connectAbstract(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return undefined;
    throw error;
  }
}
