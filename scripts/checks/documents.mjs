// The documents against what is really there: links, commands, versions.
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { findProgram } from '../setup/needs.mjs';
import { manifest, members, programs, readJson, root } from '../setup/workspace.mjs';
import { readTracked, trackedFiles } from './tracked-files.mjs';

export function checkDocuments() {
  return trackedFiles().filter((path) => path.endsWith('.md')).flatMap((path) => {
    const text = readTracked(path);
    return [...deadLinks(path, text), ...(path === 'README.md' ? unknownCommands(path, text) : [])];
  });
}

/** Relative links to files that do not exist. */
function deadLinks(path, text) {
  const targets = [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)].map((match) => match[1]).filter((target) => !/^[a-z]+:/.test(target));
  return targets.filter((target) => !existsSync(join(root, normalize(join(dirname(path), target))))).map((target) => `${path}: links to ${target}, which does not exist`);
}

/** Commands in `sh` blocks that are neither ours nor a system program. */
function unknownCommands(path, text) {
  const lines = [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap((match) => match[1].split('\n')).map((line) => line.replace(/\s+#.*$/, '').trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#') && !isKnown(line)).map((line) => `${path}: unknown command: ${line}`);
}

const builtins = ['export', 'cd'];

function isKnown(line) {
  const [command, first, second] = line.split(/\s+/);
  if (command === 'npm') return Object.hasOwn(manifest.scripts, first === 'run' ? second : first);
  return builtins.includes(command) || programs().some(({ name }) => name === command) || findProgram(command) !== undefined;
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
