/** A real LXC container with an empty network, in a directory of its own, gone after the test. */
import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { tempDir, uniqueName } from './cleanup.ts';

const run = promisify(execFile);

export interface LxcContainer {
  readonly name: string;
  readonly pid: number;
  at(path: string): string;
  /** What a busybox command in it prints; rejects when it fails, with what it says. */
  exec(...command: string[]): Promise<string>;
  kill(): Promise<void>;
}

const init = `#!/busybox sh
/busybox mkdir -p /run/example
exec /busybox sleep 3600
`;

const configuration = (name: string, root: string): string => `lxc.uts.name = ${name}
lxc.rootfs.path = dir:${root}
lxc.init.cmd = /init
lxc.net.0.type = empty
lxc.mount.auto = proc:mixed sys:ro
lxc.cgroup.dir.container = lxc/${name}
lxc.cgroup.dir.monitor = lxc.monitor.${name}
`;

/** `conf`: more lines of its configuration. */
export async function startLxc(stem: string, conf: readonly string[] = []): Promise<LxcContainer> {
  const name = uniqueName(stem);
  const path = tempDir();
  // A root that is mapped to another user comes through here too.
  chmodSync(path, 0o755);
  const root = join(path, name, 'rootfs');
  for (const directory of ['proc', 'sys', 'dev', 'run']) mkdirSync(join(root, directory), { recursive: true });
  copyFileSync('/bin/busybox', join(root, 'busybox'));
  writeFileSync(join(root, 'init'), init);
  chmodSync(join(root, 'init'), 0o755);
  const config = join(path, name, 'config');
  writeFileSync(config, configuration(name, root) + conf.map((line) => `${line}\n`).join(''));
  const kill = (): Promise<void> => run('lxc-stop', ['-P', path, '-n', name, '-k']).then(() => undefined, () => undefined);
  onTestFinished(kill);
  await run('lxc-start', ['-P', path, '-n', name, '-f', config, '-o', join(path, 'log')]);
  await run('lxc-wait', ['-P', path, '-n', name, '-s', 'RUNNING', '-t', '10']);
  const { stdout } = await run('lxc-info', ['-P', path, '-n', name, '-p', '-H']);
  const exec = async (...command: string[]): Promise<string> => (await run('lxc-attach', ['-P', path, '-n', name, '--', '/busybox', ...command])).stdout;
  return { name, pid: Number(stdout), at: (inside) => join(root, inside), exec, kill };
}
