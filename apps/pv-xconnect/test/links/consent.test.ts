import { describe, expect, it } from 'vitest';
import type { GraphLink } from '../../src/graph/parse.ts';
import { auditLine } from '@pv/contract/audit';
import { consentRefusal } from '../../src/links/consent.ts';

const link: GraphLink = {
  type: 'unix', name: 'raw', consumer: 'c', provider: 'p', role: 'client', socket: '/run/s', interface: '/run/t', target: '/run/t', consumer_pid: 1, provider_pid: 2,
};

describe('consent', () => {
  it.each([
    [{}], [{ roles: ['client'] }], [{ roles: ['admin', 'any'] }], [{ consumers: ['b', 'c'] }], [{ roles: ['client'], consumers: ['c'] }],
  ])('%j lets the consumer in', (lists) => expect(consentRefusal({ ...link, ...lists })).toBeUndefined());

  it.each([
    [{ roles: ['admin'] }, "roles: 'p' does not accept the role 'client' for 'raw'"], [{ roles: [] }, "roles: 'p' does not accept the role 'client' for 'raw'"],
    [{ consumers: ['b'] }, "consumers: 'p' does not accept 'c' as a consumer of 'raw'"], [{ consumers: [] }, "consumers: 'p' does not accept 'c' as a consumer of 'raw'"],
    // `any` is a word among roles only, and a part of a role is not the role.
    [{ consumers: ['any'] }, "consumers: 'p' does not accept 'c' as a consumer of 'raw'"], [{ roles: ['cli', 'client2'] }, "roles: 'p' does not accept the role 'client' for 'raw'"],
  ])('%j keeps it out, naming the rule', (lists, refusal) => expect(consentRefusal({ ...link, ...lists })).toBe(refusal));
});

describe('an audit line', () => {
  it('names the link, the rule and what it refused', () => {
    expect(auditLine(link, consentRefusal({ ...link, roles: ['admin'] }) ?? '')).toBe(
      "audit: refused consumer=c service=raw provider=p role=client rule=roles: 'p' does not accept the role 'client' for 'raw'",
    );
  });

  it('cannot be forged by a name: it has the same fields whatever the name', () => {
    expect(auditLine({ ...link, consumer: 'c service=x\n', role: 'r\u00e9' }, 'hide: x')).toBe('audit: refused consumer=c%20service%3Dx%0A service=raw provider=p role=r%C3%A9 rule=hide: x');
  });
});
