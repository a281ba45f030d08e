/** The kernel's version, where what a call does depends on it. */
import { release } from 'node:os';

export function kernelIsAtLeast(major: number, minor: number, version = release()): boolean {
  const [, ours = 0, oursMinor = 0] = (/^(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  return ours > major || (ours === major && oursMinor >= minor);
}
