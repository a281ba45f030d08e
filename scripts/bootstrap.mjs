#!/usr/bin/env node
// From a fresh checkout to programs that run. Plain Node, no dependencies; quiet when there is nothing to do.
// It uses two sources, Debian's packages and the npm registry, each through its own ordinary client.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePrograms } from './setup/debian.mjs';
import { buildDist } from './setup/dist.mjs';
import { ensureNodeModules } from './setup/node-modules.mjs';
import { fail, SetupError } from './setup/say.mjs';
import { ensureTrees } from './setup/suite.mjs';
import { manifest, root } from './setup/workspace.mjs';

export async function bootstrap({ build = true, tests = false } = {}) {
  requireNode();
  await ensurePrograms({ tests });
  await ensureTrees(tests ? ['wasmedge', 'compositor', 'debian', 'debian-12', 'docker', 'image'] : ['wasmedge']);
  await ensureNodeModules();
  // Ours before a step that runs as root makes it root's.
  mkdirSync(join(root, '.cache', 'test'), { recursive: true });
  if (build) await buildDist();
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [, wantedMajor, wantedMinor] = /^>=(\d+)\.(\d+)$/.exec(manifest.engines.node).map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new SetupError(`Node ${manifest.engines.node} is needed, this is ${process.versions.node}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bootstrap().catch(fail);
