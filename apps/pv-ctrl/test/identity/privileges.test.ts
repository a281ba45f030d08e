import { expect, test } from 'vitest';
import { privilegeError, readPrivileges } from '../../src/identity/privileges.ts';

const status = (uid: number, gid: number, effective: string, ambient = '0000000000000000'): string =>
  `Name:\tpv-ctrl\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\nGid:\t${gid}\t${gid}\t${gid}\t${gid}\nCapInh:\t0000000000000000\nCapPrm:\t${effective}\nCapEff:\t${effective}\nCapBnd:\t000001ffffffffff\nCapAmb:\t${ambient}\n`;

test('an unprivileged user is as it should be', () => {
  expect(readPrivileges(status(65411, 65411, '0000000000000000'))).toEqual({ uid: 65411, gid: 65411, capabilities: 0n });
  expect(privilegeError(readPrivileges(status(65411, 65411, '0000000000000000')))).toBeUndefined();
});

test.each([
  ['root', status(0, 0, '000001ffffffffff'), 'does not run as root (uid 0, gid 0)'],
  ["root's group", status(65411, 0, '0000000000000000'), 'does not run as root (uid 65411, gid 0)'],
  ['a capability', status(65411, 65411, '0000000000000400'), 'does not run with capabilities (0x400)'],
  ['an ambient capability', status(65411, 65411, '0000000000000000', '0000000000200000'), 'does not run with capabilities (0x200000)'],
])('%s is too much', (_what, text, sentence) => {
  expect(privilegeError(readPrivileges(text))).toContain(sentence);
});

test('a status that is none is a fault', () => {
  expect(() => readPrivileges('Name:\tx\n')).toThrow('/proc/self/status has no Uid');
});
