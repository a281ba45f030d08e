import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withFsIds } from '../src/fs-ids.ts';
import { codeOf, tempDir } from './temp.ts';

test('files that are made meanwhile belong to those ids, others to us again', () => {
  const root = tempDir();
  chmodSync(root, 0o777);
  withFsIds({ uid: 1234, gid: 5678 }, () => writeFileSync(join(root, 'its'), ''));
  writeFileSync(join(root, 'ours'), '');
  expect(statSync(join(root, 'its'))).toMatchObject({ uid: 1234, gid: 5678 });
  expect(statSync(join(root, 'ours'))).toMatchObject({ uid: 0, gid: 0 });
});

test('rights are those of the ids, and come back, also after a failure', () => {
  const root = tempDir();
  const attempt = (): void => withFsIds({ uid: 1234, gid: 5678 }, () => writeFileSync(join(root, 'file'), ''));
  expect(codeOf(attempt)).toBe('EACCES');
  writeFileSync(join(root, 'file'), '');
  expect(statSync(join(root, 'file')).uid).toBe(0);
});
