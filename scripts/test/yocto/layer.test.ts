/** What the real bitbake refused, or would only tell after hours, and what it cannot know. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { project } from '@pv/testkit/box/project';
import { expect, it } from 'vitest';
import { readText } from '../../release/libraries.ts';
import { parseRecipe } from './recipe.ts';

const read = (...path: string[]) => parseRecipe(path.join('/'), readText('recipes', ...path));
const layer = read('conf', 'layer.conf');

it('the layer says for which releases it is, scarthgap first', () => {
  expect(layer.words('LAYERSERIES_COMPAT_pantavisor')).toEqual(['scarthgap', 'styhead', 'walnascar', 'whinlatter', 'wrynose']);
});

it('features have a weak default, and 32-bit ARM never has WasmEdge', () => {
  expect(layer.text).toMatch(/^PANTAVISOR_FEATURES \?\?= ""$/m);
  expect(layer.words('PANTAVISOR_FEATURES:remove:armv7ve')).toEqual(['wasmedge']);
});

it('pvr is told in every task that calls it not to replace itself', () => {
  expect(layer.text).toMatch(/^export PVR_DISABLE_SELF_UPGRADE = "1"$/m);
});

it.each([['recipes-kernel', 'linux-yocto'], ['dynamic-layers/raspberrypi/recipes-kernel', 'linux-raspberrypi']])('the kernel of %s, %s, has what containers need built in: the initramfs has no modules', (folder, name) => {
  expect(readText('recipes', folder, 'linux', `${name}_%.bbappend`)).toBe('require recipes-kernel/linux/pantavisor-kernel.inc\n');
  if (folder.startsWith('dynamic-layers')) expect(layer.words('BBFILES_DYNAMIC').join(' ')).toContain(`raspberrypi:\${LAYERDIR}/dynamic-layers/raspberrypi/recipes-*/*/*.bbappend`);
  expect(readText('recipes', 'recipes-kernel', 'linux', 'pantavisor-kernel.inc')).toMatch(/^SRC_URI:append = .*'virtualization', ' file:\/\/pantavisor\.cfg'/m);
  const options = readText('recipes', 'files', 'pantavisor.cfg').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(options.filter((line) => !/^CONFIG_\w+=y$/.test(line))).toEqual([]);
  expect(options).toEqual(expect.arrayContaining(['SQUASHFS', 'OVERLAY_FS', 'BLK_DEV_LOOP', 'CGROUP_BPF'].map((option) => `CONFIG_${option}=y`)));
});

it("a release has no address but the one that is set, and the default can be nobody's", () => {
  expect(new URL(layer.words('PV_RELEASE_URI')[0] ?? '').hostname).toMatch(/\.invalid$/);
});

it('a program is not unpacked where do_package makes its folder: pseudo leaves the files of sources alone', () => {
  const { text } = read('classes', 'pv-program.bbclass');
  expect(text).toContain('S = "${UNPACKDIR}/release/package"\n');
  expect(text).toMatch(/^SRC_URI = ".*;subdir=release"$/m);
});

it.each(readdirSync(join(project, 'recipes/conf/machine')))('%s makes images of types that every image recipe knows', (file) => {
  const types = read('conf', 'machine', file).words('IMAGE_FSTYPES');
  expect(types.filter((type) => ['docker', 'pvrexport'].includes(type))).toEqual([]);
});

it('WasmEdge needs spdlog, and with its compiler LLVM; meta-clang turns that on, but not for 32-bit ARM', () => {
  const recipe = read('recipes-runtime', 'wasmedge', 'wasmedge_0.14.1.bb');
  expect(recipe.words('DEPENDS')).toEqual(['spdlog']);
  expect(recipe.words('PACKAGECONFIG[aot]').join(' ')).toBe('-DWASMEDGE_USE_LLVM=ON,-DWASMEDGE_USE_LLVM=OFF,clang libxml2 ncurses');
  expect(recipe.words('SRCREV')[0]).toMatch(/^[0-9a-f]{40}$/);
  const append = read('dynamic-layers', 'clang-layer', 'recipes-runtime', 'wasmedge', 'wasmedge_%.bbappend');
  expect([append.words('PACKAGECONFIG:append'), append.words('PACKAGECONFIG:remove:armv7ve')]).toEqual([['aot'], ['aot']]);
});
