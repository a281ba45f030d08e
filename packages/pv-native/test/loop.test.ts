import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mountImage } from '../src/loop.ts';
import { unmount } from '../src/mount.ts';
import { codeOf, mountsBelow, tempDir } from './temp.ts';

function squashfs(root: string): string {
  const content = join(root, 'content');
  mkdirSync(content);
  writeFileSync(join(content, 'hello'), 'from the image');
  const image = join(root, 'root.squashfs');
  execFileSync('mksquashfs', [content, image, '-quiet', '-no-progress'], { stdio: 'ignore' });
  return image;
}

/** Names of loop devices whose backing file is `image`. */
function loopsOf(image: string): string[] {
  return readdirSync('/sys/block').filter((name) => {
    try {
      return name.startsWith('loop') && readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').trim() === image;
    } catch {
      return false;
    }
  });
}

test('an image is mounted read-only and its loop device frees itself', async () => {
  const root = tempDir();
  const image = squashfs(root);
  const target = join(root, 'mnt');
  mkdirSync(target);
  mountImage(image, target, 'squashfs');
  expect(readFileSync(join(target, 'hello'), 'utf8')).toBe('from the image');
  expect(codeOf(() => writeFileSync(join(target, 'x'), ''))).toBe('EROFS');
  const [loop] = loopsOf(image);
  expect(readFileSync(`/sys/block/${loop}/ro`, 'utf8').trim()).toBe('1');
  unmount(target);
  await expect.poll(() => loopsOf(image)).toEqual([]);
});

test('many mounts at once each get a device of their own', async () => {
  const root = tempDir();
  const image = squashfs(root);
  const targets = Array.from({ length: 12 }, (_, index) => join(root, `mnt${index}`));
  for (const target of targets) {
    mkdirSync(target);
    mountImage(image, target, 'squashfs');
  }
  expect(loopsOf(image)).toHaveLength(12);
  for (const target of targets) unmount(target);
  await expect.poll(() => loopsOf(image)).toEqual([]);
});

test('a corrupt image, a missing one and a wrong type leave nothing behind', async () => {
  const root = tempDir();
  const corrupt = join(root, 'corrupt');
  const target = join(root, 'mnt');
  mkdirSync(target);
  writeFileSync(corrupt, Buffer.alloc(65_536, 'x'));
  expect(codeOf(() => mountImage(corrupt, target, 'squashfs'))).toBe('EINVAL');
  expect(codeOf(() => mountImage(join(root, 'absent'), target, 'squashfs'))).toBe('ENOENT');
  expect(codeOf(() => mountImage(corrupt, target, 'nosuchfs'))).toBe('ENODEV');
  await expect.poll(() => loopsOf(corrupt)).toEqual([]);
  expect(mountsBelow(root)).toEqual([]);
});
