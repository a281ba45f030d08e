import { describe, expect, it } from 'vitest';
import { readText } from '../../release/libraries.ts';
import { natives } from '../../release/native.ts';
import { programs } from '../../release/programs.ts';
import { includePath } from '../../release/recipes.ts';
import { release } from '../../release/release.ts';
import { parseRecipe, recipesIn } from './recipe.ts';

/** Our table's names of what others make, as recipes name their packages. */
const packages: Readonly<Record<string, string>> = { node: 'nodejs', setpriv: 'util-linux-setpriv', flock: 'util-linux-flock', 'dbus-daemon': 'dbus', 'pv-native': 'pv-koffi' };
const recipes = recipesIn('programs');
const recipeOf = (name: string) => recipes.find((recipe) => recipe.name === name) ?? expect.fail(`no recipe ${name}`);
const written = parseRecipe('written', readText(...includePath.split('/')));

it('there is a recipe for each program, for koffi, for the group of all, and no other; none is named as one for the machine that builds', () => {
  expect(recipes.map(({ name }) => name)).toEqual([...programs.map(({ name }) => name), 'packagegroup-pantavisor', 'pv-koffi'].sort());
  expect(recipes.filter(({ name }) => name.endsWith('-native'))).toEqual([]);
});

describe.each(programs)('the recipe of $name', ({ name, summary, files, needs, wants = [] }) => {
  const recipe = recipeOf(name);
  const has = (part: string) => files.some((file) => file.startsWith(part));

  it('says what the program is, and needs what it needs and no more', () => {
    expect(recipe.text).toContain(`SUMMARY = "${summary}"\n`);
    expect(recipe.inherits[0]).toBe('pv-program');
    expect(recipe.words('RDEPENDS:${PN}').sort()).toEqual(needs.map((need) => packages[need] ?? need).sort());
    for (const want of wants) expect(recipe.text).toMatch(new RegExp(`^RRECOMMENDS:.*'${want}'`, 'm'));
  });

  it('starts it where it has files for that, with systemd as without', () => {
    expect(recipe.inherits.includes('systemd')).toBe(has('usr/lib/systemd/'));
    expect(recipe.inherits.includes('update-rc.d')).toBe(has('etc/init.d/'));
    const units = files.filter((file) => file.startsWith('usr/lib/systemd/')).map((file) => file.split('/').at(-1));
    expect(recipe.words('SYSTEMD_SERVICE:${PN}')).toEqual(units);
    expect(recipe.words('INITSCRIPT_NAME')).toEqual(files.filter((file) => file.startsWith('etc/init.d/')).map((file) => file.split('/').at(-1)));
    // The class takes the first `?=` for an answer.
    if (has('etc/init.d/')) expect(recipe.text.indexOf('INITSCRIPT_PARAMS')).toBeLessThan(recipe.text.indexOf('inherit'));
  });

  it('makes the users that the program keeps for itself', () => {
    const accounts = files.filter((file) => file.startsWith('usr/lib/sysusers.d/')).flatMap((file) => [...readText('scripts', 'release', 'files', file).matchAll(/^u (\S+) (\d+)/gm)]);
    expect(recipe.inherits.includes('useradd')).toBe(accounts.length > 0);
    const params = recipe.words('USERADD_PARAM:${PN}');
    for (const [, user = '', uid = ''] of accounts) expect([params.at(-1), params[params.indexOf('--uid') + 1]]).toEqual([user, uid]);
  });

  it('has exactly its files', () => {
    expect(written.words(`PV_FILES_${name}`)).toEqual(files.map((file) => `/${file}`).sort());
  });
});

it.each(natives)('pv-native has exactly its files for $variant', ({ variant, files }) => {
  expect(written.words(`PV_FILES_pv-native-${variant}`)).toEqual(files.map((file) => `/${file}`).sort());
});

it('the version is the one of the project', () => {
  expect(written.words('PV')).toEqual([release.version]);
});

it('the group has every program but the one that a machine with its own start does without', () => {
  const { text } = recipeOf('packagegroup-pantavisor');
  for (const { name } of programs.filter((program) => program.name !== 'pv-appengine')) expect(text).toMatch(new RegExp(`[ ']${name}[ ']`));
  expect(text).toMatch(/^PACKAGE_ARCH = .*^inherit packagegroup$/ms);
});
