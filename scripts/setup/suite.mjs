// Programs of a newer Debian suite, with all they need down to the C library, in a tree of their own: what this machine
// has installed, and where its apt installs from, stay as they are. Such a tree can be the root of a container.
//   .cache/trees/<name>-<key>/   usr, etc, and links for bin, sbin, lib, lib64
//   .cache/trees/<name>          a link to the one that counts now
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aptGet } from './apt.mjs';
import { recordInstalled } from './dpkg-database.mjs';
import { findProgram } from './needs.mjs';
import { capture, say, SetupError } from './say.mjs';
import { root } from './workspace.mjs';

const folder = join(root, '.cache', 'trees');
/** Debian's name of this machine's. */
const architecture = { x64: 'amd64', arm: 'armhf' }[process.arch] ?? process.arch;

const bareSystem = ['dpkg', 'lxc', 'mount', 'util-linux', 'dash', 'coreutils', 'grep', 'sed', 'tar', 'findutils', 'diffutils', 'libc-bin', 'perl-base', 'init-system-helpers', 'base-files', 'systemd'];

/**
 * `packages` come with their dependencies, as the suite has them now: apt checks each by the archive's signature. `pins`
 * are SHA-256 sums by architecture of those whose exact version counts.
 */
export const trees = {
  wasmedge: {
    suite: 'trixie',
    packages: ['wasmedge'],
    why: 'runs WebAssembly containers; this suite has none',
    pins: {
      amd64: {
        wasmedge: 'a53631f2447cc83ea0566cecd64c3f920f5e4e2b64a000eea8e45ec1876ca54f',
        libwasmedge0: '1f898b4c55e9f70adff72d06dfb5985850a963c156ddd9ff4f82cef9c589f35e',
      },
      arm64: {
        wasmedge: 'e5e0052f085063b1d4e3bb1b31aa05a5a747584ac0b5d3dfacdf5d5834b860fa',
        libwasmedge0: '3e75af06b27133a6ec25b3f0e266ddc916a06e3d77a85afb8ba11b541ced933e',
      },
    },
  },
  compositor: {
    suite: 'trixie',
    packages: ['sway', 'swaybg', 'grim', 'wayland-utils', 'foot', 'xkb-data', 'fonts-dejavu-core'],
    why: 'is a compositor with security contexts; the one of this suite is older',
  },
  debian: {
    suite: 'trixie',
    packages: [...bareSystem, 'nodejs'],
    why: 'is a system that our packages are installed in',
  },
  'debian-12': {
    suite: 'bookworm',
    // What Node from elsewhere needs: the suite's own is too old.
    packages: [...bareSystem, 'libstdc++6'],
    why: 'is another one',
  },
  docker: {
    suite: 'trixie',
    packages: ['docker.io', 'docker-cli'],
    why: 'is the engine that runs the image in tests',
  },
  image: {
    suite: 'trixie',
    // busybox has the usual commands; util-linux and mount those whose options it has not.
    packages: ['nodejs', 'lxc', 'dbus-daemon', 'curl', 'busybox-static', 'dash', 'util-linux', 'mount', 'base-files', 'base-passwd'],
    why: 'is in the Docker image, as are all it needs',
  },
};

/** Makes the trees that are not there. Another list of packages is another tree. */
export async function ensureTrees(names) {
  const wanted = names.filter((name) => !existsSync(treePath(name)));
  for (const tool of ['apt-get', 'dpkg-deb']) {
    if (wanted.length > 0 && findProgram(tool) === undefined) throw new SetupError(`${tool} is missing, so ${wanted.join(' and ')} cannot be had from Debian's packages`);
  }
  for (const name of wanted) await makeTree(name, trees[name]);
  for (const name of names) pointTo(name);
}

function treePath(name) {
  const { suite, packages, pins = {} } = trees[name];
  const key = createHash('sha256').update(JSON.stringify([suite, packages, { [architecture]: pins[architecture] }])).digest('hex').slice(0, 12);
  return join(folder, `${name}-${key}`);
}

function pointTo(name) {
  const link = join(folder, name);
  const target = treePath(name).slice(folder.length + 1);
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() === true && readlinkSync(link) === target) return;
  symlinkSync(target, `${link}.${process.pid}`);
  renameSync(`${link}.${process.pid}`, link);
}

async function makeTree(name, { suite, packages, why, pins = {} }) {
  say(`missing: ${packages[0]} of Debian ${suite} (${why}); unpacking it into .cache/trees`);
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, `.${name}-`));
  try {
    const archives = await download(work, suite, packages);
    checkPins(archives, pins[architecture] ?? {}, suite);
    const tree = join(work, 'tree');
    linkMergedUsr(tree);
    for (const archive of archives) await unpack(archive, tree);
    recordInstalled(tree, archives);
    // Another run may have made it meanwhile; theirs is as good.
    if (!existsSync(treePath(name))) renameSync(tree, treePath(name));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function unpack(archive, tree) {
  // Not by `dpkg-deb -x`, which puts a directory in the place of a link to one.
  const { status, output } = await capture('bash', ['-o', 'pipefail', '-c', 'dpkg-deb --fsys-tarfile "$1" | tar -xp --keep-directory-symlink -C "$2"', 'bash', archive, tree]);
  if (status !== 0) throw new SetupError(`${archive} could not be unpacked:\n${output}`);
}

/** Paths of the .deb files. apt believes that nothing is installed, so it takes every dependency. */
async function download(work, suite, packages) {
  for (const directory of ['lists/partial', 'archives/partial']) mkdirSync(join(work, directory), { recursive: true });
  const archive = await mirror(work);
  writeFileSync(join(work, 'status'), '');
  writeFileSync(join(work, 'sources.list'), `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${archive} ${suite} main\n`);
  const settings = {
    'Dir::Etc::sourcelist': join(work, 'sources.list'), 'Dir::Etc::sourceparts': '/dev/null', 'Dir::Etc::preferences': '/dev/null', 'Dir::Etc::preferencesparts': '/dev/null', 'Dir::State': work,
    'Dir::State::lists': join(work, 'lists'), 'Dir::State::status': join(work, 'status'), 'Dir::Cache': work, 'Dir::Cache::archives': join(work, 'archives'),
    'APT::Default-Release': '', 'APT::Sandbox::User': '', 'Acquire::Languages': 'none', 'Debug::NoLocking': 'true',
  };
  // Without it, apt has "succeeded" without a network, and then knows no such package.
  await aptGet(['update'], { ...settings, 'APT::Update::Error-Mode': 'any' });
  await aptGet(['install', '-y', '--download-only', '--no-install-recommends', ...packages], settings);
  return readdirSync(join(work, 'archives')).filter((file) => file.endsWith('.deb')).map((file) => join(work, 'archives', file));
}

/** Where this machine gets Debian's packages from: other suites lie beside. A new machine's apt has no lists to tell it from. */
async function mirror(work) {
  const lists = { 'Dir::State::lists': join(work, 'own-lists'), 'APT::Sandbox::User': '', 'Debug::NoLocking': 'true' };
  const known = await archiveOf({});
  if (known !== undefined) return known;
  mkdirSync(join(work, 'own-lists', 'partial'), { recursive: true });
  const said = await aptGet(['update'], lists);
  const found = await archiveOf(lists);
  if (found === undefined) throw new SetupError(`apt knows no archive of Debian ${codename()}, so none of other suites; see /etc/apt/sources.list. apt-get update said:\n${said}`);
  return found;
}

async function archiveOf(settings) {
  const targets = await aptGet(['indextargets', '--format', '$(ORIGIN)\t$(RELEASE)\t$(CODENAME)\t$(REPO_URI)', 'Created-By: Packages'], settings);
  return archiveIn(targets, codename());
}

/** `targets`: a line for each index, `origin release codename address`. Others than Debian may have a suite of that name too. */
export function archiveIn(targets, suite) {
  const found = targets.split('\n').map((line) => line.split('\t')).filter(([, release, code]) => release === suite || code === suite);
  return (found.find(([origin]) => origin === 'Debian') ?? found[0])?.[3];
}

function codename() {
  return /^VERSION_CODENAME=(\S+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? '';
}

function checkPins(archives, pins, suite) {
  for (const [name, expected] of Object.entries(pins)) {
    const archive = archives.find((path) => path.split('/').at(-1)?.startsWith(`${name}_`));
    const found = archive === undefined ? 'nothing' : createHash('sha256').update(readFileSync(archive)).digest('hex');
    if (found === expected) continue;
    throw new SetupError(`the package ${name} of Debian ${suite} is not the one this project was tested with:\n  expected ${expected}\n  found    ${found} (${archive?.split('/').at(-1)})\nIf Debian has a new version, test with it and change its sum in scripts/setup/suite.mjs`);
  }
}

/** Where a system is installed they are there before anything else: older packages have files in /bin and /lib. */
function linkMergedUsr(tree) {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    mkdirSync(join(tree, 'usr', name), { recursive: true });
    symlinkSync(`usr/${name}`, join(tree, name));
  }
}
