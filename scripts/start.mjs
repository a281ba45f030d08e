#!/usr/bin/env node
// npm start: sets the machine up, then boots the example containers. What it does then is in start/main.ts.
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { runAsRoot } from './setup/root.mjs';
import { fail } from './setup/say.mjs';
import { root } from './setup/workspace.mjs';

try {
  await bootstrap();
  const main = join(root, 'scripts', 'start', 'main.ts');
  process.exitCode = await runAsRoot(process.execPath, ['--import', 'tsx', main, ...process.argv.slice(2)], 'to start containers', { cwd: root, env: { ...process.env, TSX_DISABLE_CACHE: '1' } });
} catch (error) {
  fail(error);
}
