/** A bare Debian in a box, with Node and LXC, where packages of ours can be installed as on a device. */
import { join } from 'node:path';
import type { Box } from '@pv/testkit/box/box';
import type { CommandResult } from '@pv/testkit/box/command';
import { storage, tree } from '@pv/testkit/box/project';

export interface DebianRoot {
  /** As the box sees it. */
  readonly path: string;
  /** Runs a program of this root, in it, with no environment but a path. */
  run(...argv: readonly string[]): Promise<CommandResult>;
  /** As `run`; throws when it fails, else its standard output. */
  must(...argv: readonly string[]): Promise<string>;
  /** Copies files of the host, which the box sees, into a folder of this root. */
  bring(folder: string, ...files: readonly string[]): Promise<void>;
  /** All paths on its disk but dpkg's own records and logs, sorted. */
  paths(): Promise<string[]>;
}

const setUp = `
mkdir -p "$2/upper" "$2/work" "$2/root"
mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" overlay "$2/root"
for point in dev proc sys; do mount --rbind "/$point" "$2/root/$point"; done
mount -t tmpfs tmpfs "$2/root/run"
mkdir -p "$2/root$3"
mount --bind "$3" "$2/root$3"
`;

/** Trees. That of Debian 12 has no Node, whose own is too old: it gets this machine's, as a package from elsewhere would bring it. */
export type Debian = 'debian' | 'debian-12';

const addNode = `
cp "$2" "$1/usr/bin/node"
printf '\\nPackage: nodejs\\nStatus: install ok installed\\nVersion: %s\\nArchitecture: %s\\nMaintainer: somebody else\\nDescription: Node from elsewhere\\n' "$3" "$(chroot "$1" /usr/bin/dpkg --print-architecture)" >>"$1/var/lib/dpkg/status"
printf '/.\\n/usr\\n/usr/bin\\n/usr/bin/node\\n' >"$1/var/lib/dpkg/info/nodejs.list"
`;

/** `name`: of one root among several of a box. */
export async function debianRoot(box: Box, name: string, debian: Debian = 'debian'): Promise<DebianRoot> {
  const folder = join('/run', `debian-${name}`);
  const path = join(folder, 'root');
  const must = async (argv: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await box.exec(argv);
    if (code !== 0) throw new Error(`${argv.join(' ')}: exit status ${code}\n${stdout}${stderr}`);
    return stdout;
  };
  await must(['sh', '-euc', setUp, 'sh', tree(debian), folder, storage]);
  if (debian === 'debian-12') await must(['sh', '-euc', addNode, 'sh', path, process.execPath, process.version.slice(1)]);
  const inside = (argv: readonly string[]): string[] => ['chroot', path, '/usr/bin/env', '-i', 'PATH=/usr/sbin:/usr/bin', 'LC_ALL=C.UTF-8', ...argv];
  return {
    path,
    run: (...argv) => box.exec(inside(argv)),
    must: (...argv) => must(inside(argv)),
    bring: async (target, ...files) => {
      await must(['mkdir', '-p', join(path, target)]);
      await must(['cp', ...files, join(path, target)]);
    },
    paths: async () => {
      const found = await must(['find', path, '-xdev', '-printf', '/%P\n']);
      return found.split('\n').filter((line) => !/^\/var\/(lib\/dpkg|log)(\/|$)/.test(line)).sort();
    },
  };
}
