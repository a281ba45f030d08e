// Builds every program and lays the results out as in /usr of a device:
//   dist/bin/<name>                       launcher
//   dist/lib/pantavisor/<name>.mjs        program, one file; a tool is a .cjs
//   dist/lib/pantavisor/<name>.<x>.mjs    a worker thread of it
//   dist/lib/pantavisor/hooks/            what LXC calls
//   dist/lib/pantavisor/build.json        what was built, from what
//   dist/lib/node_modules/koffi           the one native addon
// A file that did not change is not touched; one that did is replaced whole, so a running program never reads half of it.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { capture, say, SetupError } from './say.mjs';
import { extension, isDaemon, manifest, programs, root } from './workspace.mjs';

const dist = join(root, 'dist');
const lib = 'lib/pantavisor';

export async function buildDist() {
  await bundle();
  const wanted = new Map([...programs().flatMap(programFiles), ...hookFiles(), [`${lib}/build.json`, { text: buildInfo(), mode: 0o644 }]]);
  for (const [path, file] of wanted) put(join(dist, path), file);
  for (const folder of ['bin', lib, `${lib}/hooks`]) removeOthers(folder, wanted);
  linkKoffi();
}

async function bundle() {
  const bin = join(root, 'node_modules', '.bin');
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1', DO_NOT_TRACK: '1' };
  const args = ['run', 'build', '--cache=local:rw,remote:', '--output-logs=errors-only', '--log-order=grouped'];
  const patience = setTimeout(() => say('building'), 1000);
  const { status, output } = await capture(join(bin, 'turbo'), args, { cwd: root, env });
  clearTimeout(patience);
  if (status !== 0) throw new SetupError(`the build failed:\n${output}`);
}

function programFiles({ name, folder }) {
  const built = join(folder, 'dist');
  const libs = readdirSync(built).filter((file) => file.startsWith(`${name}.`));
  return [
    [`bin/${name}`, { text: launcher(name), mode: 0o755 }],
    ...libs.map((file) => [`${lib}/${file}`, { text: readFileSync(join(built, file)), mode: /\.[cm]js$/.test(file) ? 0o755 : 0o644 }]),
  ];
}

// Daemons get a small young generation: they hold little, and the difference is resident in each of them. A tool is gone
// before that matters, and would only collect garbage while it starts.
function launcher(name) {
  const options = isDaemon(name) ? ' --max-semi-space-size=1' : '';
  return `#!/bin/sh
self=$0
[ -L "$self" ] && self=$(readlink -f "$self")
exec "\${PV_NODE:-node}"${options} "\${self%/*}/../${lib}/${name}${extension(name)}" "$@"
`;
}

function hookFiles() {
  const hooks = join(root, 'packages', 'engine-lxc', 'hooks');
  const files = existsSync(hooks) ? readdirSync(hooks) : [];
  return files.map((file) => [`${lib}/hooks/${file}`, { text: readFileSync(join(hooks, file)), mode: 0o755 }]);
}

function buildInfo() {
  return `${JSON.stringify({ name: manifest.name, version: manifest.version, source: describe(), programs: programs().map(({ name }) => name) }, null, 2)}\n`;
}

/** The state of the source, when this is a git checkout and there is a git. */
function describe() {
  try {
    return execFileSync('git', ['-c', 'safe.directory=*', 'describe', '--always', '--dirty', '--tags'], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

function put(path, { text, mode }) {
  const bytes = Buffer.from(text);
  if (existsSync(path) && readFileSync(path).equals(bytes)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, bytes);
  chmodSync(`${path}.new`, mode);
  renameSync(`${path}.new`, path);
}

function removeOthers(folder, wanted) {
  if (!existsSync(join(dist, folder))) return;
  for (const entry of readdirSync(join(dist, folder), { withFileTypes: true })) {
    if (entry.isFile() && !wanted.has(`${folder}/${entry.name}`)) rmSync(join(dist, folder, entry.name));
  }
}

/** On a device koffi lies in /usr/lib/node_modules; here it is a link to the workspace's own. */
function linkKoffi() {
  const link = join(dist, 'lib', 'node_modules', 'koffi');
  if (existsSync(link)) return;
  rmSync(link, { force: true });
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(relative(dirname(link), join(root, 'packages', 'pv-native', 'node_modules', 'koffi')), link);
}
