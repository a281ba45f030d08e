import fc from 'fast-check';
import type { AllowRule } from '@pv/contract/graph';
import { describe, expect, test } from 'vitest';
import { normalPath, normalTarget } from '../../../src/plugins/rest/path.ts';
import { RestRules } from '../../../src/plugins/rest/rules.ts';

const rule = (one: { roles?: string[]; methods?: string[]; path?: string }): AllowRule => one as AllowRule;
const decide = (allow: readonly AllowRule[] | undefined, method: string, target: string, role = 'clerk') => new RestRules(role, allow).decide({ method, target });
const allows = (...args: Parameters<typeof decide>) => decide(...args).kind === 'allowed';

describe('what is allowed', () => {
  const v1 = [rule({ roles: ['clerk'], methods: ['GET', 'POST'], path: '/v1/*' }), rule({ roles: ['admin'] }), rule({ roles: ['any'], path: '/health' })];

  test.each([
    ['GET', '/v1/a', 'clerk', true],
    ['POST', '/v1/', 'clerk', true],
    ['GET', '/v1', 'clerk', false],
    ['GET', '/v2/a', 'clerk', false],
    ['DELETE', '/v1/a', 'clerk', false],
    ['get', '/v1/a', 'clerk', false],
    ['DELETE', '/v1/a', 'admin', true],
    ['CONNECT', 'a:1', 'admin', true],
    ['OPTIONS', '*', 'admin', true],
    ['CONNECT', 'a:1', 'clerk', false],
    ['OPTIONS', '*', 'clerk', false],
    ['GET', '/health?x', 'nobody', true],
    ['GET', '/health/', 'nobody', false],
    ['GET', '/v1/a', 'nobody', false],
    ['GET', '/v1/%2e%2e/v2', 'clerk', false],
    ['GET', '/v2/../v1/a', 'clerk', true],
    ['GET', '//v1//a', 'clerk', true],
  ])('%s %s as %s: %s', (method, target, role, expected) => {
    expect(allows(v1, method, target, role)).toBe(expected);
  });

  test('without rules everything, with none nothing', () => {
    expect(decide(undefined, 'X', '/a//b/%2f')).toEqual({ kind: 'allowed', target: '/a//b/%2f' });
    expect(decide([], 'GET', '/')).toMatchObject({ kind: 'refused', rule: "allow: no rule for role 'clerk'" });
  });

  test('without a path in the rules the target is left alone', () => {
    expect(decide([rule({ methods: ['GET'] })], 'GET', '/a//b/%2f')).toEqual({ kind: 'allowed', target: '/a//b/%2f' });
  });

  test.each(['/v1/%2fa', '/v1/%5Ca', '/v1/%00', '/v1/\\a', '/v1/%', '/v1/%zz', '/v1/%0a', '/v1/..;/a', '/v1/.;x/a', '/v1/%2e%2E;x', '/v1/%252e', '/v1/%252F'])('%s can be read in several ways, so no rule allows it', (target) => {
    expect(decide(v1, 'GET', target, 'admin')).toMatchObject({ kind: 'refused', rule: 'allow: a path that can be read in several ways' });
  });

  test("the beginning of a segment is not its parent", () => {
    expect(allows([rule({ path: '/v1/.*' })], 'GET', '/v1/.well-known')).toBe(true);
    expect(allows([rule({ path: '/v1/.*' })], 'GET', '/v1/a')).toBe(false);
    expect(allows([rule({ path: '/a%2*' })], 'GET', '/a')).toBe(false);
    expect(allows([rule({ path: '/a*' })], 'GET', '/ab/c')).toBe(true);
  });
});

test.each([
  ['/', '/'], ['//', '/'], ['/a/', '/a/'], ['/a/.', '/a/'], ['/a/..', '/'], ['/a/b/..', '/a/'], ['/../..', '/'], ['/a/./b//c', '/a/b/c'], ['/%41%7e%2d', '/A~-'], ['/%c3%bc', '/%C3%BC'], ['/...', '/...'], ['/a;x=1/b', '/a;x=1/b'], ['/%2e%2e/x', '/x'],
])('%s is %s', (path, expected) => {
  expect(normalPath(path)).toBe(expected);
});

test('what is normal stays as it is, and has nothing left to resolve', () => {
  const path = fc.array(fc.constantFrom('/', '.', '..', 'a', '%2e', '%41', '%c3', ';', '%25', '~', '%7E'), { maxLength: 12 }).map((parts) => `/${parts.join('')}`);
  fc.assert(
    fc.property(path, (target) => {
      const normal = normalTarget(target);
      if (normal === undefined) return;
      expect(normalTarget(normal)).toBe(normal);
      expect(new URL(normal, 'http://a').pathname).toBe(normal);
    }),
    { numRuns: 2_000 },
  );
});
