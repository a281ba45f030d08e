/** A recipe as text: what it assigns. Enough for those of this project, whose values are plain. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { project } from '@pv/testkit/box/project';
import { readText } from '../../release/libraries.ts';

export interface Recipe {
  readonly name: string;
  readonly text: string;
  /** The words of all values assigned to this variable; none when it is not. */
  words(variable: string): string[];
  readonly inherits: readonly string[];
}

/** Recipes of a folder of recipes/recipes-pv, by name. */
export function recipesIn(folder: string): Recipe[] {
  const files = readdirSync(join(project, 'recipes', 'recipes-pv', folder)).filter((file) => file.endsWith('.bb'));
  const recipes = files.map((file) => parseRecipe(file.replace(/(_[^_]*)?\.bb$/, ''), readText('recipes', 'recipes-pv', folder, file)));
  return recipes.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function parseRecipe(name: string, raw: string): Recipe {
  const text = raw.replaceAll('\\\n', ' ');
  return {
    name,
    text,
    words: (variable) => text.split('\n').flatMap((line) => assigned(line, variable)).flatMap((value) => value.split(/\s+/)).filter((word) => word !== ''),
    inherits: [...text.matchAll(/^inherit (.*)$/gm)].flatMap(([, classes = '']) => classes.split(' ')),
  };
}

function assigned(line: string, variable: string): string[] {
  if (!line.startsWith(`${variable} `)) return [];
  const value = /^(?:\?{0,2}|\+)= "(.*)"$/.exec(line.slice(variable.length + 1));
  return value?.[1] === undefined ? [] : [value[1]];
}
