/** Programs of the build machine in a root file system, with the libraries they need. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** `program`: the absolute path of a dynamically linked one; it goes to /usr/bin. */
export function installProgram(root: string, program: string): void {
  install(realpathSync(program), join(root, 'usr/bin', program.split('/').at(-1) ?? ''), 0o755);
  for (const library of libraries(program)) install(realpathSync(library), join(root, library), 0o755);
}

/** Paths as the loader asks for them. */
function libraries(program: string): string[] {
  const listed = execFileSync('ldd', [program], { encoding: 'utf8' });
  return [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
}

export function install(from: string, to: string, mode: number): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  copyFileSync(from, to);
  chmodSync(to, mode);
}
