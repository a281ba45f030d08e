/** What the command lines of all programs have in common. */
import { printable } from './log.ts';

/** A reader that went away (`--help | head -1`) is no error, a full disk is: status 1. `name`: how that message begins. */
export function guardOutput(name: string): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`${name}: cannot write to standard output: ${error.message}\n`);
    process.exit(1);
  });
}

/** A help text or a version on standard output, with which the program ends. */
export function print(name: string, text: string): void {
  guardOutput(name);
  process.stdout.write(text);
}

/** In one line, what `parseArgs` or a check of ours found wrong. Node's advice how to give such a word all the same is left out. */
export function usageProblem(error: unknown): string {
  return printable((error as Error).message.replace(/\.(?: To specify a positional argument|\nDid you forget)[^]*$/, ''));
}
