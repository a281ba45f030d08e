/** pventer: runs a command, or a shell, inside a container. */
import { attach, checkRunning } from './attach.ts';
import { parseOptions } from './options.ts';

declare const PV_VERSION: string;

const usage = `Usage: pventer -c NAME [options] [COMMAND [ARGUMENTS]]

Runs COMMAND in the container NAME, as its root; without COMMAND root's shell there. COMMAND and
its arguments reach the container as they are: no shell of the host sees them.

  -c, --container NAME  the container
  -u, --user UID        numeric user and group id inside (default 0)
  -h, --help            show this
  --version             show the version

Environment: LXC_PATH, where LXC keeps containers (default: LXC's own).
Exit codes: the command's; 1 wrong usage or no such container; 126 or 127 the command cannot be run.

Examples:
  pventer -c pv-example-unix-client
  pventer -c pv-example-unix-client ls -l /run/pv/services
`;

const parsed = parseOptions(process.argv.slice(2));
switch (parsed.kind) {
  case 'help': process.stdout.write(usage); break;
  case 'version': process.stdout.write(`pventer ${PV_VERSION}\n`); break;
  case 'wrong':
    process.stderr.write(`pventer: ${parsed.message}\nSee pventer --help.\n`);
    process.exitCode = 1;
    break;
  case 'run': {
    const attaching = { options: parsed.options, lxcPath: process.env['LXC_PATH'], terminal: process.env['TERM'] };
    const check = checkRunning(attaching);
    if (check.kind === 'not') process.stderr.write(`pventer: ${check.message}\n`);
    process.exitCode = check.kind === 'not' ? check.exitCode : await attach(attaching);
  }
}
