/** Which release configurations there are to be, by kas/machines.json, and what they are made from. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';

export interface Machine {
  readonly name: string;
  /** Paths from the project's root, joined by `:`, as kas takes them. */
  readonly config: string;
  /** What to build instead of what the configurations say. */
  readonly target: string | undefined;
  /** A file of kas/release. */
  readonly output: string;
}

interface List {
  readonly yocto_branch: string;
  readonly machines: readonly { readonly name: string; readonly config: string; readonly build_target?: string; readonly output?: string }[];
}

const listPath = 'kas/machines.json';
const word = { type: 'string', pattern: '^\\w[\\w.-]*$' };
const isList = new Ajv({ allErrors: true }).compile<List>({
  type: 'object', additionalProperties: false, required: ['yocto_branch', 'machines'],
  properties: {
    yocto_branch: word,
    machines: {
      type: 'array',
      items: {
        type: 'object', additionalProperties: false, required: ['name', 'config'],
        properties: { name: word, config: { type: 'string' }, build_target: { type: 'string' }, output: { type: 'string', pattern: '^\\w[\\w.-]*\\.yaml$' } },
      },
    },
  },
});

/** Throws with a line per problem, each with the file and the place in it. */
export function readMachines(root: string): Machine[] {
  const { yocto_branch: branch, machines } = readList(root);
  const read = machines.map(({ name, config, build_target: target, output = `${name}-${branch}.yaml` }) => ({ name, config, target, output }));
  const twice = read.find(({ output }, index) => read.findIndex((other) => other.output === output) !== index);
  if (twice !== undefined) throw new Error(`${listPath}: $.machines: two of them would be written to ${twice.output}`);
  return read;
}

function readList(root: string): List {
  const list = parseJson(readFileSync(join(root, listPath), 'utf8'));
  if (isList(list)) return list;
  const problems = (isList.errors ?? []).map(({ instancePath, message, params }) => `${listPath}: $${instancePath.replaceAll('/', '.')}: ${message}${'additionalProperty' in params ? ` (${params['additionalProperty']})` : ''}`);
  throw new Error(problems.join('\n'));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${listPath}: not JSON: ${(error as Error).message}`);
  }
}

/** The sum of all that a release configuration is made from: the kas files, Kconfig, and its line of the list. */
export function inputsOf(root: string, machine: Machine): string {
  const hash = createHash('sha256').update(JSON.stringify(machine));
  for (const path of sources(root)) hash.update(`\0${path}\0`).update(readFileSync(join(root, path)));
  return hash.digest('hex');
}

function sources(root: string): string[] {
  const files = ['kas', 'kas/machines', 'kas/features'].flatMap((folder) => (existsSync(join(root, folder)) ? readdirSync(join(root, folder)).map((file) => `${folder}/${file}`) : []));
  return files.filter((path) => path.endsWith('.yaml') || path === 'kas/Kconfig').sort();
}

const mark = '# Inputs: ';

export function heading(inputs: string): string {
  return `# Written by kas/makemachines from kas/machines.json; do not edit.\n${mark}${inputs}\n`;
}

/** Lines that tell what is missing, old or left over in kas/release; none when all is fresh. */
export function staleness(root: string): string[] {
  const machines = readMachines(root);
  const wanted = machines.map(({ output }) => output);
  const left = outputs(root).filter((file) => !wanted.includes(file));
  return [...machines.flatMap((machine) => staleOutput(root, machine)), ...left.map((file) => `kas/release/${file}: no machine of kas/machines.json has it`)];
}

function staleOutput(root: string, machine: Machine): string[] {
  const path = `kas/release/${machine.output}`;
  if (!existsSync(join(root, path))) return [`${path}: is missing; run kas/makemachines`];
  return readFileSync(join(root, path), 'utf8').startsWith(heading(inputsOf(root, machine))) ? [] : [`${path}: what it was made from has changed; run kas/makemachines`];
}

/** Files of kas/release. */
export function outputs(root: string): string[] {
  const folder = join(root, 'kas/release');
  return existsSync(folder) ? readdirSync(folder).filter((file) => !file.startsWith('.')) : [];
}
