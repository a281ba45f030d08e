#!/usr/bin/env node
// npm run bump -- <version>: gives a version to every member of the workspace, and to the change log.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, say, SetupError } from '../setup/say.mjs';
import { members, root } from '../setup/workspace.mjs';
import { releasedChangelog, withVersion } from './version.mjs';

try {
  const changes = changesFor(process.argv[2] ?? '');
  for (const [path, text] of changes) writeFileSync(path, text);
  say(`${changes.length} files changed; npm run pack writes the sums of the new tarballs into the recipes`);
} catch (error) {
  fail(new SetupError(error.message));
}

/** All of them, before the first is written. */
function changesFor(version) {
  const change = (path, changed) => [path, changed(readFileSync(path, 'utf8'), version)];
  return [...members().map((folder) => change(join(folder, 'package.json'), withVersion)), change(join(root, 'CHANGELOG.md'), releasedChangelog)];
}
