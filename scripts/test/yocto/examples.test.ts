import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { examples } from '@pv/examples/build';
import { containerConf } from '@pv/examples/manifest';
import { project } from '@pv/testkit/box/project';
import { describe, expect, it } from 'vitest';
import { readText } from '../../release/libraries.ts';
import { recipesIn } from './recipe.ts';

/** Packages that have what the examples run, which the builder takes from the machine. */
const packages: Readonly<Record<string, string>> = { '/usr/bin/socat': 'socat', '/usr/bin/curl': 'curl', '/usr/bin/dbus-daemon': 'dbus', '/usr/bin/dbus-send': 'dbus-tools', '/usr/bin/perl': 'perl', '/usr/bin/wayland-info': 'wayland-utils' };
/** Debian's weston, by its paths, and Avahi, which is the machine's own to configure, have none. */
const withRecipe = Object.entries(examples).filter(([name, { inPlace, wasm }]) => inPlace === undefined && wasm === undefined && name.startsWith('pv-example-'));
const recipes = recipesIn('examples');

it('each example for LXC has a recipe, but for the compositors', () => {
  expect(recipes.map(({ name }) => name)).toEqual(withRecipe.map(([name]) => name).sort());
});

describe.each(withRecipe)('the recipe of %s', (name, { programs = [], files = [], verbatim = [], conf }) => {
  const recipe = recipes.find((candidate) => candidate.name === name) ?? expect.fail(name);

  it('is made of what the builder makes it of', () => {
    expect(recipe.inherits).toEqual(['pv-example']);
    expect(recipe.words('IMAGE_INSTALL').filter((word) => word !== '')).toEqual(programs.map((program) => packages[program]));
    expect(recipe.words('PV_EXAMPLE_FILES')).toEqual(files);
    expect(recipe.words('PV_CONTAINER_VERBATIM')).toEqual(verbatim);
    expect(recipe.words('PV_CONTAINER_SERVICES').length).toBe(existsSync(join(project, 'packages/examples/containers', name, 'services.json')) ? 1 : 0);
  });

  it('has the configuration that the builder writes', () => {
    expect(recipe.words('PV_CONTAINER_CONFIG')).toEqual(conf === undefined ? [] : ['${THISDIR}/files/${PN}.lxc.container.conf']);
    if (conf !== undefined) expect(readText('recipes', 'recipes-pv', 'examples', 'files', `${name}.lxc.container.conf`)).toBe(containerConf + conf);
  });
});

it('the usual configuration of containers is the one that the builder writes', () => {
  expect(readText('recipes', 'files', 'lxc.container.conf')).toBe(containerConf);
});
