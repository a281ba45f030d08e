/** pvcontrol: operates Pantavisor's runtime from a shell or a script. */
import { guardOutput } from '@pv/runtime/command-line';
import { printable } from '@pv/runtime/log';
import { type Invocation, parseCommandLine } from './command-line.ts';
import { run } from './run.ts';
import { chooseSocket } from './socket-path.ts';

declare const PV_VERSION: string;

const line = parseCommandLine(process.argv.slice(2));
guardOutput('ERROR');

switch (line.kind) {
  case 'help': process.stdout.write(line.text); break;
  case 'version': process.stdout.write(`pvcontrol ${PV_VERSION}\n`); break;
  case 'wrong':
    process.stderr.write(`pvcontrol: ${printable(line.message)}\n`);
    process.stdout.write(line.text);
    process.exitCode = 1;
    break;
  case 'run': void perform(line.invocation);
}

async function perform(invocation: Invocation): Promise<void> {
  const socket = chooseSocket(invocation.socket, process.env);
  if (socket.kind === 'none') {
    process.stderr.write(`${printable(socket.message)}\n`);
    process.exitCode = 1;
    return;
  }
  process.exitCode = await run(invocation, socket.path, {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    outTty: process.stdout.isTTY === true,
    errTty: process.stderr.isTTY === true,
    colour: process.stdout.isTTY === true && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb',
    columns: process.stdout.isTTY === true && process.stdout.columns > 0 ? process.stdout.columns : undefined,
  });
}
