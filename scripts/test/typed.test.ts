import { describe, expect, it } from 'vitest';
import { missingLine } from '../../test/kit/typed.ts';

const output = 'NAME  PID\nweb   12\nlast (a+b)\n';

describe('the lines that a document shows', () => {
  it.each([
    [['NAME PID', 'web  12']],
    [['NAME ...', '...', 'last (a+b)']],
    [['', '  ...', 'last (a+b)']],
    [[]],
  ])('%j are there', (expected) => {
    expect(missingLine(output, expected)).toBeUndefined();
  });

  it.each([
    [['web 13'], 'web 13'],
    [['web'], 'web'],
    [['web 12', 'NAME PID'], 'NAME PID'],
    [['NAME PID', 'NAME PID'], 'NAME PID'],
    [['last .a.b.'], 'last .a.b.'],
  ])('%j are not', (expected, missing) => {
    expect(missingLine(output, expected)).toBe(missing);
  });
});
