// Lets dpkg know what is unpacked in a tree, so that it checks what is installed there against it: dependencies, and files
// that two packages have.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** `archives`: the .deb files that `tree` was unpacked from. Their scripts have not run. */
export function recordInstalled(tree, archives) {
  const database = join(tree, 'var', 'lib', 'dpkg');
  for (const folder of ['info', 'updates', 'triggers']) mkdirSync(join(database, folder), { recursive: true });
  const stanzas = archives.toSorted().map((archive) => {
    const control = output('dpkg-deb', ['--field', archive]).trim();
    const name = /^Package: (\S+)$/m.exec(control)[1];
    writeFileSync(join(database, 'info', `${name}.list`), fileList(archive));
    return `${control}\nStatus: install ok installed\n`;
  });
  writeFileSync(join(database, 'status'), stanzas.join('\n'));
}

function fileList(archive) {
  const paths = output('sh', ['-c', 'dpkg-deb --fsys-tarfile "$1" | tar -t', 'sh', archive]).trim().split('\n');
  return paths.map((path) => `${path.replace(/^\./, '').replace(/\/$/, '') || '/.'}\n`).join('');
}

function output(command, args) {
  return execFileSync(command, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}
