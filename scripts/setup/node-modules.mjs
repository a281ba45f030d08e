// Installs the npm packages that the lockfile names, exactly those. Does nothing when they are there.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, say, SetupError } from './say.mjs';
import { manifest, members, readJson, root } from './workspace.mjs';

const stamp = join(root, 'node_modules', '.pv-installed');

export async function ensureNodeModules() {
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && allLinked()) return;
  say(`installing npm packages (${manifest.packageManager}, frozen lockfile)`);
  const status = await run('npx', ['--yes', manifest.packageManager, 'install', '--frozen-lockfile', '--config.confirm-modules-purge=false'], { cwd: root, env: npmEnvironment() });
  if (status !== 0) throw new SetupError('the npm packages could not be installed (see above)');
  writeFileSync(stamp, wanted);
}

/** `npm --silent ...` must not silence the installer's errors. */
function npmEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([key]) => key !== 'npm_config_loglevel'));
}

function fingerprint() {
  const hash = createHash('sha256').update(`${process.arch} ${process.versions.modules}\n`);
  for (const file of [join(root, 'pnpm-lock.yaml'), join(root, 'pnpm-workspace.yaml'), ...members().map((folder) => join(folder, 'package.json'))]) hash.update(readFileSync(file));
  return hash.digest('hex');
}

/** Guards against a member's node_modules that was deleted by hand. */
function allLinked() {
  return members().every((folder) => {
    const { dependencies = {}, devDependencies = {} } = readJson(join(folder, 'package.json'));
    return Object.keys({ ...dependencies, ...devDependencies }).every((name) => existsSync(join(folder, 'node_modules', name)));
  });
}
