// apt-get as the set-up needs it: no questions, patience with another program that uses apt, and its own words when it fails.
import { setTimeout as delay } from 'node:timers/promises';
import { capture, say, SetupError } from './say.mjs';

/** Milliseconds. apt waits by itself for dpkg's lock alone, not for those of its lists and of what it downloads. */
const patience = 300_000;

/** `settings`: of apt's configuration. Resolves with the output, whose many lines are shown only when it fails. */
export async function aptGet(args, settings = {}) {
  const options = Object.entries({ 'Acquire::Retries': '3', ...settings }).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
  const end = performance.now() + patience;
  for (let told = false; ; told = true) {
    const { status, output } = await capture('apt-get', ['-q', ...options, ...args], { env });
    if (status === 0) return output;
    if (!output.includes('Could not get lock') || performance.now() > end) throw new SetupError(`apt-get ${args[0]} failed:\n${output}`);
    if (!told) say('another program uses apt: waiting until it is done');
    await delay(1000);
  }
}
