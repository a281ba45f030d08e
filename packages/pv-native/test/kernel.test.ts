import { expect, test } from 'vitest';
import { kernelIsAtLeast } from '../src/kernel.ts';

test.each([['6.5.0', true], ['6.18.44-fc', true], ['7.0', true], ['6.4.16', false], ['5.15.0-91-generic', false], ['unknown', false]])('%s is 6.5 or later: %s', (version, expected) => {
  expect(kernelIsAtLeast(6, 5, version)).toBe(expected);
});
