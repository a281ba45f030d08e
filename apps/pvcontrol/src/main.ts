/** pvcontrol: operates Pantavisor's runtime from a shell or a script. */
import { type Invocation, parseCommandLine } from './command-line.ts';
import { run } from './run.ts';
import { chooseSocket } from './socket-path.ts';

declare const PV_VERSION: string;

const line = parseCommandLine(process.argv.slice(2));
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that went away (`pvcontrol ls | head -1`) is no error; a full disk is.
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`ERROR: cannot write to standard output: ${error.message}\n`);
  process.exit(1);
});

switch (line.kind) {
  case 'help': process.stdout.write(line.text); break;
  case 'version': process.stdout.write(`pvcontrol ${PV_VERSION}\n`); break;
  case 'wrong':
    process.stderr.write(`pvcontrol: ${line.message}\n`);
    process.stdout.write(line.text);
    process.exitCode = 1;
    break;
  case 'run': void perform(line.invocation);
}

async function perform(invocation: Invocation): Promise<void> {
  const socket = chooseSocket(invocation.socket, process.env);
  if (socket.kind === 'none') {
    process.stderr.write(`${socket.message}\n`);
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
