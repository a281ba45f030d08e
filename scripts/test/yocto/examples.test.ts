import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { examples } from '@pv/examples/build';
import { containerConf } from '@pv/examples/manifest';
import { project } from '@pv/testkit/box/project';
import { describe, expect, it } from 'vitest';
import { readText } from '../../release/libraries.ts';
import { recipesIn } from './recipe.ts';

/** Packages that have what the examples run, which the builder takes from the machine. */
const packages: Readonly<Record<string, string>> = { '/usr/bin/socat': 'socat', '/usr/bin/curl': 'curl', '/usr/bin/dbus-daemon': 'dbus', '/usr/bin/dbus-send': 'dbus-tools', '/usr/bin/perl': 'perl' };
const usual = Object.entries(examples).filter(([, { onRequest, wasm }]) => onRequest === undefined && wasm === undefined);
const recipes = recipesIn('examples');

it('each example for LXC that is built without being asked for has a recipe', () => {
  expect(recipes.map(({ name }) => name)).toEqual(usual.map(([name]) => name).sort());
});

describe.each(usual)('the recipe of %s', (name, { programs = [], files = [], verbatim = [] }) => {
  const recipe = recipes.find((candidate) => candidate.name === name) ?? expect.fail(name);

  it('is made of what the builder makes it of', () => {
    expect(recipe.inherits).toEqual(['pv-example']);
    expect(recipe.words('IMAGE_INSTALL').filter((word) => word !== '')).toEqual(programs.map((program) => packages[program]));
    expect(recipe.words('PV_EXAMPLE_FILES')).toEqual(files);
    expect(recipe.words('PV_CONTAINER_VERBATIM')).toEqual(verbatim);
    expect(recipe.words('PV_CONTAINER_SERVICES').length).toBe(existsSync(join(project, 'packages/examples/containers', name, 'services.json')) ? 1 : 0);
  });
});

it('the configuration of containers is the one that the builder writes', () => {
  expect(readText('recipes', 'files', 'lxc.container.conf')).toBe(containerConf);
});
