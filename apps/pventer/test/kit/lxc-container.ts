/** A real LXC container of busybox, in an lxcPath of its own, without a network. `stop` leaves nothing. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '@pv/testkit/wait-for';

export interface LxcContainer {
  readonly name: string;
  readonly lxcPath: string;
  /** On the host. */
  readonly rootfs: string;
  /** Resolves when init says that it is ready. */
  start(): Promise<void>;
  /** Init's pid. */
  pid(): number;
  lxc(program: string, ...args: readonly string[]): string;
  stop(): void;
}

export interface Made {
  readonly lines?: readonly string[];
  /** Commands of init before it waits for ever. */
  readonly init?: string;
}

const applets = ['cat', 'chmod', 'echo', 'env', 'head', 'id', 'kill', 'ls', 'printf', 'pwd', 'readlink', 'sh', 'sleep', 'stty', 'touch', 'tr', 'tty', 'yes'];

export function lxcContainer(dir: string, name: string, { lines = [], init = '' }: Made = {}): LxcContainer {
  const lxcPath = join(dir, 'lxc');
  const rootfs = join(lxcPath, name, 'rootfs');
  for (const directory of ['bin', 'dev', 'etc', 'proc', 'root', 'run', 'sys', 'tmp', 'home/web']) mkdirSync(join(rootfs, directory), { recursive: true });
  copyFileSync('/bin/busybox', join(rootfs, 'bin/busybox'));
  for (const applet of applets) symlinkSync('busybox', join(rootfs, 'bin', applet));
  // Its own interpreter and its own applets, so that a test may spoil /bin/sh.
  writeFileSync(join(rootfs, 'init'), `#!/bin/busybox sh\ntrap 'exit 0' TERM PWR\n${init}\n/bin/busybox touch /run/ready\nwhile :; do /bin/busybox sleep 1000 & wait $!; done\n`, { mode: 0o755 });
  writeFileSync(join(rootfs, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1001::/home/web:/bin/sh\n');
  writeFileSync(join(lxcPath, name, 'config'), [
    `lxc.uts.name = ${name}`, `lxc.rootfs.path = dir:${rootfs}`, 'lxc.init.cmd = /init', 'lxc.net.0.type = empty', 'lxc.mount.auto = proc:rw', ...lines, '',
  ].join('\n'));
  const lxc = (program: string, ...args: readonly string[]): string => execFileSync(program, ['-P', lxcPath, '-n', name, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return {
    name, lxcPath, rootfs, lxc,
    start: async () => {
      lxc('lxc-start', '-d', '-o', join(dir, `${name}.log`));
      await waitFor(() => readdirSync(join(rootfs, 'run')).includes('ready'), { what: `an init that is ready in ${name}` });
    },
    pid: () => Number(lxc('lxc-info', '-p', '-H')),
    stop: () => {
      if (lxc('lxc-info', '-s', '-H').trim() !== 'STOPPED') lxc('lxc-stop', '-k');
      removePivots();
    },
  };
}

/** What LXC's monitors pass through and leave empty. */
function removePivots(): void {
  for (const hierarchy of readdirSync('/sys/fs/cgroup')) {
    try {
      rmdirSync(join('/sys/fs/cgroup', hierarchy, 'lxc.pivot'));
    } catch {
      // Not there, or somebody else's container just starts.
    }
  }
}
