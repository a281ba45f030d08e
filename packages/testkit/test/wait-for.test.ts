import { expect, it } from 'vitest';
import { waitFor } from '../src/wait-for.ts';

it('resolves with the first value that is something, 0 and the empty string included', async () => {
  const values = [undefined, null, false, 0, 'later'];
  expect(await waitFor(() => values.shift() as number | undefined, { what: 'a value', everyMs: 1 })).toBe(0);
  expect(await waitFor(() => Promise.resolve(''), { what: 'a text' })).toBe('');
});

it('says what it waited for, with the detail', async () => {
  await expect(waitFor(() => undefined, { what: 'a miracle', timeoutMs: 5, everyMs: 1, detail: () => 'state: none' })).rejects.toThrow('5 ms passed without a miracle\nstate: none');
});

it('lets what the check throws through at once', async () => {
  const check = (): never => {
    throw new Error('broken');
  };
  await expect(waitFor(check, { what: 'anything' })).rejects.toThrow('broken');
});
