import { expect, test } from 'vitest';
import { Scratch } from '../src/scratch.ts';

test.each([0, 9, 10, 99, 100, 1023, 1_048_575])('%i in decimal digits, and nothing around them', (value) => {
  const scratch = new Scratch(16);
  scratch.bytes.fill(0x2e);
  const digits = scratch.setDecimal(2, value);
  expect(Buffer.from(scratch.bytes).toString()).toBe(`..${value}`.padEnd(16, '.'));
  expect(digits).toBe(String(value).length);
});
