/** pvcurl: one HTTP request over a unix socket, for scripts that speak to the control API. */
import { fstatSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { print } from '@pv/runtime/command-line';
import { printable } from '@pv/runtime/log';
import { help } from './help.ts';
import { type CommandLine, parseCommandLine } from './options.ts';
import { run } from './run.ts';

declare const PV_VERSION: string;

const line = parseCommandLine(process.argv.slice(2));
switch (line.kind) {
  case 'help': print('pvcurl', help()); break;
  case 'version': print('pvcurl', `pvcurl ${PV_VERSION}\n`); break;
  case 'wrong':
    process.stderr.write(`Error: ${printable(line.message)}\nSee pvcurl --help.\n`);
    process.exitCode = 1;
    break;
  case 'transfer': void transfer(line);
}

async function transfer({ options, warnings }: Extract<CommandLine, { kind: 'transfer' }>): Promise<never> {
  // Each write learns of its own error; the event must have a listener all the same.
  process.stdout.on('error', () => undefined);
  const err = (text: string): void => void process.stderr.write(text);
  if (!options.silent) for (const warning of warnings) err(`pvcurl: ${warning}\n`);
  const status = await run(options, { stdin: openStdin, stdout: process.stdout, err });
  // A body that the server did not want may still be open, such as a terminal.
  process.exit(status);
}

/** Throws where Node's own stream would be empty. */
function openStdin(): Readable {
  if (fstatSync(0).isDirectory()) throw Object.assign(new Error('standard input is a directory'), { code: 'EISDIR' });
  return process.stdin;
}
