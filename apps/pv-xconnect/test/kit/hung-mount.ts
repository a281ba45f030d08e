/** A file system in a container whose server never answers: FUSE, with nobody who reads the questions. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import type { Container } from './container.ts';

/** open(2) of /dev/fuse, setns(2) into the mount namespace, mount(2); then it only holds the descriptor. Its end frees whoever hangs. */
const server = `use Fcntl;
my ($pid, $at, $mode) = @ARGV;
open my $namespace, '<', "/proc/$pid/ns/mnt" or die "namespace: $!";
sysopen my $fuse, '/dev/fuse', O_RDWR or die "/dev/fuse: $!";
syscall(308, fileno $namespace, 0x20000) == 0 or die "setns: $!";
mkdir $at unless -e $at;
my ($source, $type, $options) = ('hung', 'fuse', 'fd=' . fileno($fuse) . ',rootmode=' . $mode . ',user_id=0,group_id=0,default_permissions');
syscall(165, $source, $at, $type, 0, $options) == 0 or die "mount: $!";
$| = 1;
print "mounted\n";
sleep 1000;`;

/** Of the file that it begins with, in octal: type and permissions. */
export const hungModes = { directory: '40000', socket: '140666', device: '20666' } as const;

/** Mounts it at `at` in the container, until the test ends. `mode`: what it shows there; other than a directory, it covers what is there. */
export async function mountHung({ name, pid }: Container, at: string, mode: keyof typeof hungModes = 'directory'): Promise<void> {
  const child = spawn('perl', ['-e', server, String(pid), at, hungModes[mode]], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await Promise.race([once(child.stdout, 'data'), ended.then(() => Promise.reject(new Error(`nothing could be mounted in ${name}`)))]);
}
