import { expect, it } from 'vitest';
import { parseBootVariables, printBootVariables } from '../src/uboot-env.ts';

it('round-trips, and tolerates zero padding', () => {
  const variables = { pv_rev: '0', pv_try: 'locals/x' };
  expect(parseBootVariables(Buffer.from(printBootVariables(variables)))).toEqual(variables);
  expect(parseBootVariables(Buffer.concat([Buffer.from('pv_rev=3\0\0'), Buffer.alloc(1000)]))).toEqual({ pv_rev: '3' });
});
