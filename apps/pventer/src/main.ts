/** pventer: runs a command, or a login shell, inside a container. */
import { resolve } from 'node:path';
import { enter } from './enter.ts';
import { print } from '@pv/runtime/command-line';
import { printable } from '@pv/runtime/log';
import { help } from './help.ts';
import { closeInherited } from './inherited.ts';
import { type Options, parseCommandLine } from './options.ts';

declare const PV_VERSION: string;

const { LXC_PATH: path = '', PATH: searchPath = '', TERM: terminal, PVUSER: defaultUser, PVDEBUG: debug = '' } = process.env;
// An empty part would mean the working directory.
const directories = [...searchPath.split(':'), '/usr/sbin', '/usr/bin', '/sbin', '/bin'].filter((directory) => directory !== '');
const line = parseCommandLine(process.argv.slice(2), defaultUser === '' ? undefined : defaultUser);
switch (line.kind) {
  case 'help': print('pventer', help); break;
  case 'version': print('pventer', `pventer ${PV_VERSION}\n`); break;
  case 'wrong':
    process.stderr.write(`pventer: ${printable(line.message)}\nSee pventer --help.\n`);
    process.exitCode = 1;
    break;
  case 'run': void run(line.options);
}

async function run(options: Options): Promise<void> {
  closeInherited();
  process.exitCode = await enter(options, {
    lxc: { path: path === '' ? undefined : resolve(path), searchPath: directories.join(':') },
    terminal, isRoot: process.geteuid?.() === 0, err: (text) => process.stderr.write(text), debug: debug !== '',
  });
}
