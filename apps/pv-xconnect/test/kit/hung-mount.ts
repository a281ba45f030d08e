/** File systems in a container whose server never answers, or no longer: FUSE. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { closeFd } from '@pv/pv-native/fd';
import { O_PATH } from '@pv/pv-native/openat';
import { onTestFinished } from 'vitest';
import type { Container } from './container.ts';

/** open(2) of /dev/fuse, setns(2) into the mount namespace, mount(2). Its end frees whoever hangs. */
const mounted = `use Fcntl;
my ($pid, $at, $mode) = @ARGV;
open my $namespace, '<', "/proc/$pid/ns/mnt" or die "namespace: $!";
sysopen my $fuse, '/dev/fuse', O_RDWR or die "/dev/fuse: $!";
syscall(308, fileno $namespace, 0x20000) == 0 or die "setns: $!";
mkdir $at unless -e $at;
my ($source, $type, $options) = ('hung', 'fuse', 'fd=' . fileno($fuse) . ',rootmode=' . $mode . ',user_id=0,group_id=0,default_permissions');
syscall(165, $source, $at, $type, 0, $options) == 0 or die "mount: $!";
$| = 1;
print "mounted\n";
`;
/** It only holds the descriptor. */
const silent = `${mounted}sleep 1000;`;

/** Any name is a socket, for longer than anybody runs (FUSE_INIT, FUSE_GETATTR of the root, FUSE_LOOKUP); what else is asked, of the socket itself, is not answered. */
const onlyNames = `${mounted}my $long = 1e9;
sub attributes { pack('Q6L10', $_[0], (0) x 8, $_[1], 1, 0, 0, 0, 4096, 0); }
while (sysread $fuse, my $request, 1 << 20) {
  my (undef, $opcode, $unique, $node) = unpack 'LLQQ', $request;
  my $answer = $opcode == 26 ? pack('L4S2L2S2L8', 7, 31, 0, 0, 0, 0, 4096, 1, 0, 0, (0) x 8)
    : $opcode == 3 && $node == 1 ? pack('QLL', $long, 0, 0) . attributes(1, 040755)
    : $opcode == 1 ? pack('Q4L2', 2, 0, $long, 0, 0, 0) . attributes(2, 0140666) : next;
  syswrite $fuse, pack('LlQ', 16 + length $answer, 0, $unique) . $answer;
}`;

/** Of the file that it begins with, in octal: type and permissions. */
export const hungModes = { directory: '40000', socket: '140666', device: '20666' } as const;

/** Mounts it at `at` in the container, until the test ends. `mode`: what it shows there; other than a directory, it covers what is there. */
export async function mountHung(container: Container, at: string, mode: keyof typeof hungModes = 'directory'): Promise<void> {
  await serveFuse(container, at, mode, silent);
}

/** A directory in which the kernel knows `name` by now, without asking again. */
export async function mountKnown(container: Container, at: string, name: string): Promise<void> {
  await serveFuse(container, at, 'directory', onlyNames);
  closeFd(openSync(join(`/proc/${container.pid}/root`, at, name), O_PATH));
}

async function serveFuse({ name, pid }: Container, at: string, mode: keyof typeof hungModes, server: string): Promise<void> {
  const child = spawn('perl', ['-e', server, String(pid), at, hungModes[mode]], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await Promise.race([once(child.stdout, 'data'), ended.then(() => Promise.reject(new Error(`nothing could be mounted in ${name}`)))]);
}
