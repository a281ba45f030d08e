/**
 * A real Docker engine in a box: Debian's, from a tree of its own (scripts/setup/suite.mjs), without networks. Its images and
 * volumes are in the box's directory, its cgroups below the box's. It ends with the box.
 */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Box } from '@pv/testkit/box/box';
import { project, tree } from '@pv/testkit/box/project';
import { waitFor } from '@pv/testkit/wait-for';
import type { TypedPlace } from './typed.ts';

export interface Docker {
  /** What looks like the project's folder to the commands of documents, and may be written to; its `dist` is empty. */
  readonly place: TypedPlace;
  /** Runs a line of shell there, as a user who may use Docker: its standard output. Throws when it fails. */
  output(line: string): Promise<string>;
  /** Ends the engine. What is in the box then, it left. */
  stop(): Promise<void>;
}

// The engine's root: its own programs and libraries, and of the box what an engine needs.
const mountRoot = `mkdir -p "$1" && mount -n -t tmpfs -o mode=755 tmpfs "$1"
cd "$1" && mkdir usr proc sys dev run var tmp etc old && cp /bin/busybox .
mount -n --bind "$2/usr" usr
for name in bin sbin lib lib64; do ln -s "usr/$name" "$name"; done
for name in proc sys dev run; do mount -n --rbind "/$name" "$name"; done
ln -s /run var/run
mkdir -p ".$3" && mount -n --bind "$3" ".$3"`;

// A root by chroot would not do: who enters the mount namespace of one of its containers would find himself above it. The shell
// has to be a static one: the old root's libraries go away.
const enterRoot = 'cd "$1" && shift && pivot_root . old && /busybox umount -l /old && exec "$@"';

// It leaves the cgroup that its containers were in.
const unmountRoot = 'umount -n -R "$1" && find /sys/fs/cgroup -depth -type d -path "*/docker*" -exec rmdir {} +';

export async function startDocker(box: Box): Promise<Docker> {
  const root = join(box.dir, 'engine');
  const must = async (argv: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await box.exec(argv, { timeoutMs: 90_000 });
    if (code !== 0) throw new Error(`${argv.join(' ')}\nexit status ${code}\n${stdout}${stderr}`);
    return stdout;
  };
  await must(['sh', '-euc', mountRoot, 'sh', root, tree('docker'), box.dir]);
  const place = makePlace(join(box.dir, 'checkout'), root);
  const options = ['--iptables=false', '--ip6tables=false', '--bridge=none', `--data-root=${join(box.dir, 'docker')}`];
  const engine = await box.background(['unshare', '--mount', '/bin/busybox', 'sh', '-c', enterRoot, 'sh', root, 'dockerd', ...options]);
  await waitFor(async () => (await box.exec(['chroot', root, 'docker', 'version'])).code === 0, { what: 'an answer of the Docker engine', timeoutMs: 60_000, detail: engine.output });
  return {
    place,
    output: (line) => must(['sh', '-c', 'cd "$1" && PATH="$2:$PATH" && eval "$3"', 'sh', place.folder, place.path, line]),
    stop: async () => {
      process.kill(engine.hostPid, 'SIGTERM');
      await engine.ended;
      await must(['sh', '-c', unmountRoot, 'sh', root]);
    },
  };
}

function makePlace(folder: string, root: string): TypedPlace {
  const path = join(folder, '.bin');
  for (const made of [path, join(folder, 'dist')]) mkdirSync(made, { recursive: true });
  for (const name of ['node_modules', 'package.json', 'packages']) symlinkSync(join(project, name), join(folder, name));
  writeFileSync(join(path, 'docker'), `#!/bin/sh\nexec chroot '${root}' docker "$@"\n`, { mode: 0o755 });
  return { folder, path };
}
