// Installs missing programs from Debian's packages. Starts no service that they bring: a packaged lxc-net would
// put a bridge and a DHCP server on the machine. Run as a program (`node debian.mjs <package>...`) it is the step that needs root.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { aptGet } from './apt.mjs';
import { findProgram, missing } from './needs.mjs';
import { runAsRoot } from './root.mjs';
import { fail, say, SetupError } from './say.mjs';

export async function ensurePrograms(options) {
  const needs = missing(options);
  if (needs.length === 0) return;
  const packages = [...new Set(needs.map((need) => need.package))];
  for (const need of needs) say(`missing: ${need.program} (${need.why}; Debian package ${need.package})`);
  requireDebian(packages);
  const status = await runAsRoot(process.execPath, [fileURLToPath(import.meta.url), ...packages], `to install ${packages.join(' ')}`);
  if (status !== 0) throw new SetupError(`the packages could not be installed: ${packages.join(' ')} (see above)`);
  const still = missing(options);
  if (still.length > 0) throw new SetupError(`installed ${packages.join(' ')}, but still not found: ${still.map((need) => need.program).join(', ')}`);
}

function requireDebian(packages) {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const like = [...release.matchAll(/^(?:ID|ID_LIKE)=(.*)$/gm)].flatMap((match) => match[1].replaceAll('"', '').split(' '));
  if ((like.includes('debian') || like.includes('ubuntu')) && findProgram('apt-get') !== undefined) return;
  throw new SetupError(
    `this machine is not Debian or Ubuntu, so nothing is installed for you. Install the programs above (in Debian: ${packages.join(' ')}) and run the command again.`,
  );
}

const policy = '/usr/sbin/policy-rc.d';
const ourPolicy = '#!/bin/sh\n# Temporary, by the set-up of pv-runtime: start no service while packages are installed.\nexit 101\n';

async function install(packages) {
  say('apt-get update');
  // It succeeds without a network too: what it said is the reason for what comes then.
  const updated = await aptGet(['update']);
  const guarded = forbidServices();
  try {
    say(`apt-get install ${packages.join(' ')}`);
    await aptGet(['install', '-y', '--no-install-recommends', ...packages]);
  } catch (error) {
    throw new SetupError(`${error.message}\nbefore it, apt-get update said:\n${updated}`);
  } finally {
    if (guarded) rmSync(policy, { force: true });
  }
  if (packages.includes('lxc')) say('the services of the package lxc were not started; nothing here needs them');
}

/** Debian's own switch. An administrator's policy stays as it is; one of ours that a killed run left is taken over. */
function forbidServices() {
  if (existsSync(policy) && readFileSync(policy, 'utf8') !== ourPolicy) return false;
  writeFileSync(policy, ourPolicy, { mode: 0o755 });
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await install(process.argv.slice(2)).catch(fail);
