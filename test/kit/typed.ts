/** Commands as a user types them: one shell, on a terminal. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Box } from '@pv/testkit/box/box';
import { project } from '@pv/testkit/box/project';

export interface TypedCommand {
  readonly text: string;
  /** The exit status it should have. */
  readonly exits: number;
}

export interface Typed {
  /** 0 when every command ended as it should; the rest is not run after one that did not. */
  readonly code: number;
  /** What the terminal showed, without its own line ends. */
  readonly output: string;
}

export interface TypedPlace {
  readonly folder: string;
  /** Where programs are looked for first. */
  readonly path: string;
}

/** The project's folder, with our programs. */
const usual: TypedPlace = { folder: project, path: join(project, 'dist', 'bin') };

export async function type(box: Box, commands: readonly TypedCommand[], place = usual, timeoutMs = 30_000): Promise<Typed> {
  const script = join(box.dir, 'typed.sh');
  writeFileSync(script, shell(commands, place));
  // `script` gives it the terminal. The terminal is wide, so that no table is shortened.
  const { code, stdout, stderr } = await box.exec(['script', '-qec', `stty cols 200 -onlcr; exec sh ${script}`, '/dev/null'], { env: { TERM: 'dumb', NO_COLOR: '1' }, timeoutMs });
  return { code, output: `${stdout}${stderr}` };
}

function shell(commands: readonly TypedCommand[], { folder, path }: TypedPlace): string {
  const lines = commands.flatMap(({ text, exits }) => [text, `ended $? ${exits} ${quoted(text)}`]);
  return [
    `cd ${quoted(folder)}`,
    `PATH=${quoted(path)}:$PATH`,
    'ended() { [ "$1" = "$2" ] || { echo "exit status $1, not $2: $3"; exit 99; }; }',
    ...lines,
    '',
  ].join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The first of the expected lines that the output lacks, looking from the one before it on. In a line `...` is anything; alone, it is any lines. Blanks in a row count as one. */
export function missingLine(output: string, expected: readonly string[]): string | undefined {
  const lines = output.split('\n').map(plain);
  let from = 0;
  for (const line of expected.filter((one) => !/^\s*(?:\.\.\.)?\s*$/.test(one))) {
    const found = lines.findIndex((said, index) => index >= from && pattern(line).test(said));
    if (found === -1) return line;
    from = found + 1;
  }
  return undefined;
}

const plain = (line: string): string => line.trim().replace(/\s+/g, ' ');

function pattern(line: string): RegExp {
  return new RegExp(`^${plain(line).split('...').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`);
}
