/** Programs of the build machine in a root file system, with the libraries they need. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { filesOf, install, modeOf } from './files.ts';

/** `program`: the absolute path of a dynamically linked one; it goes to /usr/bin. */
export function installProgram(root: string, program: string): void {
  install(realpathSync(program), join(root, 'usr/bin', program.split('/').at(-1) ?? ''), 0o755);
  installLibraries(root, program);
}

/** `path`: the absolute path of a file or a folder; it stays that. What programs load by name, which `ldd` cannot know of, and data. */
export function installInPlace(root: string, path: string): void {
  for (const file of filesOf(path)) {
    install(file, join(root, file), modeOf(file));
    if (isElf(file)) installLibraries(root, file);
  }
}

/** At the paths where the loader looks for them. */
function installLibraries(root: string, program: string): void {
  const listed = execFileSync('ldd', [program], { encoding: 'utf8', stdio: 'pipe' });
  for (const [, library = ''] of listed.matchAll(/(\/\S+) \(0x/g)) install(realpathSync(library), join(root, library), 0o755);
}

function isElf(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(4);
    readSync(file, head);
    return head.toString('latin1') === '\x7fELF';
  } finally {
    closeSync(file);
  }
}
