import { expect, test } from 'vitest';
import { errnoText, errorCode, SystemError } from '../src/errors.ts';

test('an error carries the symbolic name, the number and what was tried', () => {
  const error = new SystemError(2, 'openat2', '/x');
  expect(error).toMatchObject({ code: 'ENOENT', errno: 2, syscall: 'openat2', message: "ENOENT: No such file or directory, openat2 '/x'" });
});

test('errnoText takes both signs and numbers nobody knows', () => {
  expect([errnoText(111), errnoText(-111), errnoText(99_999)]).toEqual(['Connection refused', 'Connection refused', 'Unknown error 99999']);
});

test('errorCode reads system errors only', () => {
  expect(errorCode(new SystemError(13, 'open'))).toBe('EACCES');
  expect([errorCode(new Error('x')), errorCode('ENOENT'), errorCode(undefined)]).toEqual([undefined, undefined, undefined]);
});
