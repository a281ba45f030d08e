import { expect, test } from 'vitest';
import type { KeptFile } from '../../src/handover/records.ts';
import { removeLeft } from '../../src/handover/remove-left.ts';
import type { Pin } from '../../src/links/pin.ts';

const file = { consumer: 'c', target: '/dev/dri/card0', type: 'drm' } as KeptFile;

function said(failure: Error): string[] {
  const lines: string[] = [];
  const plugin = { removeLeft: () => { throw failure; } };
  removeLeft(new Map([['drm', plugin]]), { err: (line) => lines.push(line) })(file, {} as Pin);
  return lines;
}

test('what cannot be taken away is said, and ends nothing', () => {
  const expected = ['pvx-drm: /dev/dri/card0, left by an earlier instance, cannot be taken from c: no reason'];
  expect(said(new Error('no reason'))).toEqual(expected);
  expect(said(Object.assign(new Error('no reason'), { code: 'EPERM' }))).toEqual(expected);
});

test.each(['ENOENT', 'ESRCH', 'ENODEV'])('of a container that ends at this moment nothing has to be taken (%s)', (code) => {
  expect(said(Object.assign(new Error('gone'), { code }))).toEqual([]);
});

test('of a type that is no more there is nothing to do', () => {
  expect(() => removeLeft(new Map(), { err: () => undefined })(file, {} as Pin)).not.toThrow();
});
