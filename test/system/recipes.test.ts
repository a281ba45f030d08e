import { expect, it } from 'vitest';
import { includePath, releaseInclude } from '../../scripts/release/recipes.ts';
import { buildRelease } from '../../scripts/release/release.ts';
import { readText } from '../../scripts/release/libraries.ts';

it('the recipes have the version, sums, licences and files of what is packed from here', async () => {
  const wanted = await releaseInclude(await buildRelease(0));
  expect(readText(...includePath.split('/')), `${includePath} is not what is packed; run: npm run pack`).toBe(wanted);
});

it('a release without one of the tarballs is not written into the recipes', async () => {
  const release = new Map(await buildRelease(0));
  const [name = ''] = [...release.keys()].filter((file) => file.startsWith('pvcurl-'));
  release.delete(name);
  await expect(releaseInclude(release)).rejects.toThrow(`${name}: is not in the release`);
});
