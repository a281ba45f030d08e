/**
 * The device node that a provider exports, looked at through its pinned root. Symbolic links are followed as the
 * provider's own programs would follow them, never out to the host; the node is only looked at, never opened.
 */
import { existsSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { errnoText, errorCode, isExhausted, SystemError } from '@pv/pv-native/errors';
import { majorOf, minorOf } from '@pv/pv-native/device';
import { closeFd, statFd, type FdStat } from '@pv/pv-native/fd';
import { O_PATH, openInRoot } from '@pv/pv-native/openat';
import { isCharDevice } from '../../links/files.ts';
import type { Refusal } from '../plugin.ts';
import { judgeDevice, type DeviceKind, type ExportedNode } from './policy.ts';

export interface Device extends FdStat {
  readonly kind: DeviceKind;
  /** As control groups and sysfs write it, `226:0`. */
  readonly number: string;
}

export type Exported = { readonly device: Device } | Refusal;

export function readExported(rootFd: number, path: string, testDevices: ReadonlySet<string>): Exported {
  try {
    const stat = statInRoot(rootFd, path);
    const number = numberOf(stat.rdev);
    const judgement = judgeDevice(describe(path, stat, number), testDevices);
    return 'kind' in judgement ? { device: { ...stat, kind: judgement.kind, number } } : { ...judgement, rule: 'device' };
  } catch (error) {
    if (error instanceof SystemError && !isExhausted(error)) return { refusal: `${path} of the provider: ${errnoText(error.errno)}` };
    throw error;
  }
}

/** As control groups and sysfs write it, `226:0`. */
export function numberOf(rdev: number): string {
  return `${majorOf(rdev)}:${minorOf(rdev)}`;
}

function statInRoot(rootFd: number, path: string): FdStat {
  const fd = openInRoot(rootFd, path, O_PATH);
  try {
    return statFd(fd);
  } finally {
    closeFd(fd);
  }
}

/** Whether the two are alike in everything that an injected node copies. */
export function sameNode(a: Pick<FdStat, 'rdev' | 'mode' | 'uid' | 'gid'>, b: Pick<FdStat, 'rdev' | 'mode' | 'uid' | 'gid'>): boolean {
  return a.rdev === b.rdev && a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
}

function describe(path: string, { mode, rdev }: FdStat, number: string): ExportedNode {
  return { path, character: isCharDevice(mode), major: majorOf(rdev), minor: minorOf(rdev), sysfs: readSysfs(number) };
}

function readSysfs(number: string): ExportedNode['sysfs'] {
  if (!existsSync('/sys/class/drm')) return undefined;
  try {
    const device = `/sys/dev/char/${number}`;
    return { name: basename(readlinkSync(device)), subsystem: basename(readlinkSync(`${device}/subsystem`)) };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'absent';
    throw error;
  }
}
