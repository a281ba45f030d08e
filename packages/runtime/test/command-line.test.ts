import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describe, expect, it } from 'vitest';
import { usageProblem } from '../src/command-line.ts';

const problemOf = (...args: string[]): string => {
  try {
    parseArgs({ args, options: { delay: { type: 'string', short: 'd' } }, allowPositionals: true });
  } catch (error) {
    return usageProblem(error);
  }
  return expect.fail('it is right');
};

describe('what is wrong with the usage', () => {
  it.each([
    [['--nope'], "Unknown option '--nope'"], [['-d'], "Option '-d, --delay <value>' argument missing"], [['-d', '-1'], "Option '-d' argument is ambiguous"],
    [['--a\nb\u001b[31m'], "Unknown option '--a\\x0ab\\x1b[31m'"],
  ])('%j', (args, says) => expect(problemOf(...args)).toBe(says));
});

describe('a text on standard output', () => {
  const file = join(import.meta.dirname, '../src/command-line.ts');
  // The text is longer than a pipe is: its writer meets the reader's end.
  const printing = `import('${file}').then(({ print }) => print('tool', 'x'.repeat(200_000)))`;
  const sh = (redirected: string) => {
    const { stdout, stderr } = spawnSync('sh', ['-c', `{ "$0" --import tsx -e "$1"; echo "ends with $?" >&2; } ${redirected}`, process.execPath, printing], { encoding: 'utf8', cwd: import.meta.dirname });
    return { stdout: stdout.length, stderr };
  };

  it('arrives', () => expect(sh('')).toEqual({ stdout: 200_000, stderr: 'ends with 0\n' }));
  it('has a reader that may go away', () => expect(sh('| head -c 1')).toEqual({ stdout: 1, stderr: 'ends with 0\n' }));
  it('on a full disk is an error', () => expect(sh('>/dev/full')).toEqual({ stdout: 0, stderr: 'tool: cannot write to standard output: ENOSPC: no space left on device, write\nends with 1\n' }));
});
