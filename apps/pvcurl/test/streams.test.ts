/** Files and standard streams that cannot be read or written. */
import { execFile } from 'node:child_process';
import { expect, it } from 'vitest';
import { usePvcurl } from './kit/program.ts';

const { run: pvcurl, program, server } = usePvcurl();

/** With the shell's own word for its standard streams. */
function redirected(args: readonly string[], redirection: string): Promise<{ code: number; err: string }> {
  const shell = ['-c', `"$0" "$@" ${redirection}`, process.execPath, program().path, '--unix-socket', server().socketPath, ...args];
  return new Promise((resolve) => execFile('/bin/sh', shell, (error, _out, err) => resolve({ code: Number(error?.code ?? 0), err })));
}

it.each([
  ['a body that is not there', ['-T', '/none/body'], 26], ['a body that is a directory', ['-T', '/'], 26],
  ['a directory as output', ['-o', '/'], 23], ['a full output', ['-o', '/dev/full'], 23],
])('%s', async (_title, args, code) => {
  expect(await pvcurl([...args, '/daemons'])).toMatchObject({ code, err: expect.stringContaining(`(${code})`) });
});

it('a directory as body is named', async () => {
  expect(await pvcurl(['-T', '/usr', '/daemons'])).toMatchObject({ err: 'pvcurl: (26) cannot read the body: /usr is a directory\n' });
});

it.each(['-d', '--data-binary', '-T'])('a directory as standard input is named (%s)', async (option) => {
  expect(await redirected([option, option === '-T' ? '-' : '@-', '/daemons'], '</usr')).toEqual({ code: 26, err: 'pvcurl: (26) cannot read the body: standard input is a directory\n' });
});

it.each(['--help', '--version'])('%s on a full disk fails; to a reader that goes away it does not', async (option) => {
  expect(await redirected([option], '>/dev/full')).toEqual({ code: 1, err: expect.stringMatching(/^pvcurl: cannot write to standard output: ENOSPC/) });
  expect(await redirected([option], '| true')).toEqual({ code: 0, err: '' });
});

it('a reader that goes away ends it', async () => {
  const child = program().start(['--unix-socket', server().socketPath, '/large']);
  child.stdout?.once('data', () => child.stdout?.destroy());
  expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(23);
});
