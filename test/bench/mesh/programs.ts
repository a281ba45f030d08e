/** The C programs of this bench, built where the project keeps what can be made again. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { project } from '@pv/testkit/box/project';

export interface Programs {
  readonly load: string;
  readonly relay: string;
}

/** undefined, after saying so: there is no C compiler. Throws when there is one and it refuses. */
export function buildPrograms(): Programs | undefined {
  const compiler = ['cc', 'gcc', 'clang'].find((name) => spawnSync(name, ['--version']).error === undefined);
  if (compiler === undefined) return undefined;
  const folder = join(project, '.cache', 'mesh-bench');
  mkdirSync(folder, { recursive: true });
  return { load: build(compiler, folder, 'load'), relay: build(compiler, folder, 'relay') };
}

function build(compiler: string, folder: string, name: string): string {
  const built = join(folder, name);
  const { status, stderr } = spawnSync(compiler, ['-O2', '-std=c11', '-pthread', '-o', built, join(import.meta.dirname, `${name}.c`)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${compiler} ${name}.c: ${status}\n${stderr}`);
  return built;
}
