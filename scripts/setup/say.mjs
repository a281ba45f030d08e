// What the set-up tells its user: one line per thing done, and errors that name the next step.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** An expected end: the message is for the user, a stack would not help. */
export class SetupError extends Error {}

export function say(line) {
  console.log(`==> ${line}`);
}

/** Ends the process as a set-up step should: a sentence for what was expected, a stack for what was not. */
export function fail(error) {
  console.error(error instanceof SetupError ? `error: ${error.message}` : error);
  process.exit(1);
}

/**
 * Runs a program on this terminal. Resolves with its exit status; a signal counts as 128 + its number.
 * Ctrl-C and SIGTERM are the program's meanwhile, so that what has to follow it is still done.
 */
export async function run(command, args, options = {}) {
  return finished(spawn(command, args, { stdio: 'inherit', ...options }));
}

/** As `run`, with the output kept instead of shown. */
export async function capture(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => output.push(text));
  const status = await finished(child);
  return { status, output: output.join('') };
}

async function finished(child) {
  const onInterrupt = () => {}; // the terminal has sent it to the child too
  const onTerminate = () => child.kill('SIGTERM');
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate);
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
    });
  } finally {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate);
  }
}
