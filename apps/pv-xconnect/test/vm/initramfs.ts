/** What the virtual machine starts from: busybox, Node with koffi, the drivers, a compositor, and the program that runs there. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, openSync, closeSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { unpackExample } from './example.ts';

const here = dirname(fileURLToPath(import.meta.url));
const native = join(here, '../../../../packages/pv-native/node_modules/koffi');

const init = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mount -t tmpfs none /sys/fs/cgroup
mkdir /sys/fs/cgroup/devices
mount -t cgroup -o devices none /sys/fs/cgroup/devices
for module in /modules/*; do insmod "$module"; done
node /app/inside.mjs
poweroff -f
`;

/** Writes the archive to `archive`; `work`: an empty directory to build it in. */
export async function makeInitramfs(work: string, archive: string, modules: readonly string[]): Promise<void> {
  const root = join(work, 'root');
  for (const directory of ['bin', 'dev', 'proc', 'sys', 'tmp', 'modules', 'app/node_modules']) mkdirSync(join(root, directory), { recursive: true });
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
  installNode(root);
  mkdirSync(join(root, 'containers'));
  unpackExample('pv-example-wayland-server', work, join(root, 'containers/screen'));
  copyInto(root, '/usr/bin/wayland-info', '/containers/screen/usr/bin/wayland-info');
  for (const [index, path] of modules.entries()) copyFileSync(path, join(root, 'modules', `${String(index).padStart(2, '0')}-${basename(path)}`));
  execFileSync('cc', ['-static', '-O1', '-o', join(root, 'app/kms-client'), join(here, 'kms-client.c')]);
  await build({
    entryPoints: [join(here, 'inside.ts')], outfile: join(root, 'app/inside.mjs'), bundle: true, platform: 'node', target: 'node20', format: 'esm', external: ['koffi'], logLevel: 'warning',
    banner: { js: "import { createRequire as pvCreateRequire } from 'node:module'; const require = pvCreateRequire(import.meta.url);" },
  });
  writeFileSync(join(root, 'init'), init);
  chmodSync(join(root, 'init'), 0o755);
  pack(root, archive);
}

function installNode(root: string): void {
  copyInto(root, process.execPath, '/bin/node');
  const listed = execFileSync('ldd', [process.execPath], { encoding: 'utf8' });
  for (const [, library = ''] of listed.matchAll(/(\/\S+) \(0x/g)) copyInto(root, library, library);
  const koffi = realpathSync(native);
  for (const name of ['koffi', '@koromix']) cpSync(join(koffi, '..', name), join(root, 'app/node_modules', name), { recursive: true, dereference: true });
}

function copyInto(root: string, from: string, to: string): void {
  mkdirSync(dirname(join(root, to)), { recursive: true });
  copyFileSync(realpathSync(from), join(root, to));
}

function pack(root: string, archive: string): void {
  const names = execFileSync('find', ['.'], { cwd: root });
  const fd = openSync(archive, 'w');
  try {
    execFileSync('busybox', ['cpio', '-o', '-H', 'newc'], { cwd: root, input: names, stdio: ['pipe', fd, 'ignore'] });
  } finally {
    closeSync(fd);
  }
}
