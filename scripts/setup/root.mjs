// The steps that need root: run here when we are root, else by sudo, else refused with the command to run.
import { findProgram } from './needs.mjs';
import { run, say, SetupError } from './say.mjs';

/** `why` completes "asking for root: ...". Resolves with the exit status. */
export async function runAsRoot(command, args, why, options = {}) {
  if (process.getuid() === 0) return run(command, args, options);
  const sudo = findProgram('sudo');
  if (sudo === undefined) throw new SetupError(`root is needed: ${why}. There is no sudo here; run the same command as root.`);
  say(`asking for root: ${why}`);
  return run(sudo, ['--preserve-env', `PATH=${process.env.PATH}`, command, ...args], options);
}
