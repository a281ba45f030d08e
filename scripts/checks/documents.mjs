// The documents against what is really there: links, scripts, versions; and whether their commands can be run by a test.
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { manifest, members, programs, readJson, root } from '../setup/workspace.mjs';
import { blockProblems, blocksOf, commandsOf } from './blocks.mjs';
import { readTracked, trackedFiles } from './tracked-files.mjs';

export function checkDocuments() {
  const names = programs().map(({ name }) => name);
  return trackedFiles().filter((path) => path.endsWith('.md')).flatMap((path) => {
    const text = readTracked(path);
    return [...deadLinks(path, text), ...(isDocument(path) ? [...blockProblems(path, text, names), ...unknownScripts(path, text)] : [])];
  });
}

/** Read by users. */
function isDocument(path) {
  return path === 'README.md' || /^docs\/.*\.md$/.test(path);
}

/** The commands that test/system/documents.test.ts and docker.test.ts run; documents.d.mts has the shape. */
export function commandBlocks() {
  return trackedFiles().filter(isDocument).flatMap((path) => {
    const marked = blocksOf(readTracked(path)).filter(({ language, mark }) => language === 'sh' && mark?.place !== undefined);
    return marked.map(({ line, mark, lines, output }) => ({ path, line, place: mark.place, commands: commandsOf(lines), output }));
  });
}

/** Relative links to files and headings that do not exist. */
export function deadLinks(path, text, read = readTracked) {
  const links = [...text.matchAll(/\]\(([^)\s#]*)(?:#([^)\s]*))?\)/g)].filter(([, target]) => !/^[a-z]+:/.test(target));
  return links.flatMap(([, target, anchor]) => {
    const found = target === '' ? path : normalize(join(dirname(path), target));
    if (!existsSync(join(root, found))) return [`${path}: links to ${target}, which does not exist`];
    return anchor === undefined || anchorsOf(read(found)).includes(anchor) ? [] : [`${path}: links to ${target}#${anchor}, and there is no such heading`];
  });
}

/** As a forge names them. */
function anchorsOf(text) {
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, title]) => title.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));
}

/** What npm and tsx are told to run and is not there: also in what no test runs, and within sentences. */
export function unknownScripts(path, text) {
  const blocks = blocksOf(text).filter(({ language }) => language === 'sh').flatMap(({ lines }) => commandsOf(lines));
  const commands = [...blocks.map((command) => command.text), ...[...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1])];
  const scripts = commands.flatMap((command) => /^npm (?:run )?([\w:]+)/.exec(command)?.[1] ?? []);
  const files = commands.flatMap((command) => /^npx tsx (\S+)/.exec(command)?.[1] ?? []);
  return [
    ...scripts.filter((script) => !Object.hasOwn(manifest.scripts, script)).map((script) => `${path}: package.json has no script ${script}`),
    ...files.filter((file) => !existsSync(join(root, file))).map((file) => `${path}: there is no ${file}`),
  ];
}

/** One version everywhere, known to the change log; one pnpm. */
export function checkVersions() {
  const wrong = members().filter((folder) => readJson(join(folder, 'package.json')).version !== manifest.version);
  return [
    ...wrong.map((folder) => `${join(folder, 'package.json')}: version differs from ${manifest.version}`),
    ...(readTracked('CHANGELOG.md').includes(`## [${manifest.version}]`) ? [] : [`CHANGELOG.md: has no section [${manifest.version}]`]),
    ...(manifest.packageManager === `pnpm@${manifest.devDependencies.pnpm}` ? [] : ['package.json: packageManager and devDependencies.pnpm differ']),
  ];
}
