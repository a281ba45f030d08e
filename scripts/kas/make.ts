/**
 * Writes kas/release/<name>-<branch>.yaml for each machine of kas/machines.json, by `kas dump --resolve-refs`.
 * A dump that fails leaves the file that was there; a file whose machine is gone is removed.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { heading, inputsOf, type Machine, outputs, readMachines } from './machines.ts';

export interface Making {
  readonly root: string;
  /** The command, with its first arguments. */
  readonly kas: readonly string[];
  readonly say: (line: string) => void;
}

/** Gives the messages of what failed. Throws, and writes nothing, when the list of machines is wrong. */
export function makeMachines(making: Making): string[] {
  const { root, say } = making;
  const machines = readMachines(root);
  const folder = join(root, 'kas/release');
  mkdirSync(folder, { recursive: true });
  const failures = machines.flatMap((machine) => makeOne(making, machine));
  const wanted = machines.map(({ output }) => output);
  for (const file of outputs(root).filter((name) => !wanted.includes(name))) {
    rmSync(join(folder, file));
    say(`removed kas/release/${file}`);
  }
  return failures;
}

function makeOne({ root, kas, say }: Making, machine: Machine): string[] {
  const path = `kas/release/${machine.output}`;
  try {
    writeWhole(join(root, path), heading(inputsOf(root, machine)) + dump(root, kas, machine));
    say(`wrote ${path}`);
    return [];
  } catch (error) {
    const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string };
    const missing = `there is no ${kas[0]}; install kas, or set KAS to the command that runs it`;
    return [`${path}: stays as it was: ${code === 'ENOENT' ? missing : stderr || message}`];
  }
}

/** A target of the machine's own is one more configuration, the last one, which wins. kas takes files of the repository alone. */
function dump(root: string, [command = '', ...first]: readonly string[], { config, target }: Machine): string {
  const own = 'kas/release/.target.yaml';
  if (target !== undefined) writeFileSync(join(root, own), JSON.stringify({ header: { version: 16 }, target }));
  try {
    const configs = target === undefined ? config : `${config}:${own}`;
    return execFileSync(command, [...first, 'dump', '--resolve-refs', configs], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } finally {
    rmSync(join(root, own), { force: true });
  }
}

function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
