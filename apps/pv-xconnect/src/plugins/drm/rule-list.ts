/** What a version 1 control group's `devices.list` says of reading and writing one character device. Pure. */

import type { Allowed } from './device-group.ts';

export const deviceRule = (number: string): string => `c ${number} rw`;

/** `number`: `226:0`. The kernel asks for one rule that allows all of what is asked for, so rules do not add up. */
export function allowedBy(list: string, number: string): Allowed {
  const lines = list.split('\n').filter((line) => line !== '');
  if (lines.some((line) => line !== deviceRule(number) && covers(line, number))) return 'covered';
  return lines.includes(deviceRule(number)) ? 'ours' : 'absent';
}

/** `<a, b or c> <major or *>:<minor or *> <some of rwm>`. */
function covers(line: string, number: string): boolean {
  const [type, numbers = '', access = ''] = line.split(' ');
  const [major, minor] = numbers.split(':');
  const [wantedMajor, wantedMinor] = number.split(':');
  const matches = (rule: string | undefined, wanted: string | undefined): boolean => rule === '*' || rule === wanted;
  return (type === 'a' || type === 'c') && matches(major, wantedMajor) && matches(minor, wantedMinor) && access.includes('r') && access.includes('w');
}
