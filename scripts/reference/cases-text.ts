/** Which test file shows which case of the mesh, by the titles of the tests, as Markdown. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { measuredCases, meshCases, type Weakness } from './mesh-cases.ts';

/** A string that begins with numbers of cases: a title, or a row of a table of titles. */
const numbered = /['"`]((?:7\.[12]-\d+ )+)/g;

/** Test files by their path in the project, with their text. */
export function readTests(root: string): Map<string, string> {
  const paths = ['apps', 'packages', 'test'].flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)));
  const tests = paths.filter((path) => path.endsWith('.test.ts') && !/(?:^|\/)(?:node_modules|dist)\//.test(path.split(sep).join('/')));
  return new Map(tests.sort().map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

/** A line for each case. Throws when a case has no test, or a title a number that is no case. */
export function caseTable(tests: ReadonlyMap<string, string>): string {
  const files = new Map(Object.keys(meshCases).map((number) => [number, new Set<string>()]));
  for (const [path, text] of tests) {
    for (const number of [...text.matchAll(numbered)].flatMap(([, numbers = '']) => numbers.trim().split(' '))) {
      const found = files.get(number);
      if (found === undefined) throw new Error(`${path}: a title begins with ${number}, which is no case of scripts/reference/mesh-cases.ts`);
      found.add(path);
    }
  }
  const missing = [...files].filter(([, paths]) => paths.size === 0).map(([number]) => number);
  if (missing.length > 0) throw new Error(`no test has a title that begins with ${missing.join(', ')}`);
  const tested = Object.entries(meshCases).map(([number, what]) => `| ${number} | ${what} | ${[...(files.get(number) ?? [])].map(link).join(', ')} |`);
  const measured = Object.entries(measuredCases).map(([number, what]) => `| ${number} | ${what} | no test asserts a duration |`);
  return ['| Case | What is tried | Tests |', '|---|---|---|', ...tested, ...measured].join('\n');
}

/** Throws when a test is not there. */
export function weaknessTable(weaknesses: readonly Weakness[], tests: ReadonlyMap<string, string>): string {
  const lines = weaknesses.map(({ what, file, title }) => {
    if (!hasTitle(tests.get(file) ?? '', title)) throw new Error(`${file}: has no test whose title begins with: ${title}`);
    return `| ${what} | ${link(file)}: ${title.replaceAll('|', '\\|')} |`;
  });
  return ['| Weakness | A test that shows that it is not there |', '|---|---|', ...lines].join('\n');
}

function hasTitle(text: string, title: string): boolean {
  return ["'", '"', '`'].some((quote) => text.includes(`${quote}${title.replaceAll(quote, `\\${quote}`)}`));
}

function link(path: string): string {
  const name = path.replace(/^(?:apps|packages)\//, '').replace('/test/', '/').replace(/\.test\.ts$/, '');
  return `[${name}](../../${path})`;
}
