/** Containers that try to reach the host through the mesh. What they aim at is a socket and a directory of the host. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync, type Dirent } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { joinCgroup } from '../kit/cgroup.ts';
import { tempDir } from '../kit/cleanup.ts';
import { startContainer, type Container } from '../kit/container.ts';
import { link, runDaemon } from '../kit/daemon.ts';
import { ask, says, serve } from '../kit/sockets.ts';

const socketPath = '/run/example/raw.sock';
const target = '/run/pv/services/raw.sock';

/** The host's own control socket, as far as these tests go. */
async function hostSocket(): Promise<{ path: string; connections: () => number }> {
  const path = join(tempDir(), 'pv-ctrl');
  let connections = 0;
  await serve(path, (socket) => {
    connections += 1;
    socket.end('HOST');
  });
  return { path, connections: () => connections };
}

interface Case {
  readonly what: string;
  readonly prepare: (provider: Container, host: string) => void;
  readonly reason: string;
}

const upwards = '../'.repeat(20);

const hostileProviders: Case[] = [
  { what: 'an absolute symlink to the host', prepare: (provider, host) => symlinkSync(host, provider.at(socketPath)), reason: 'No such file or directory' },
  { what: 'a relative symlink far upwards', prepare: (provider, host) => symlinkSync(`${upwards}${host.slice(1)}`, provider.at(socketPath)), reason: 'No such file or directory' },
  {
    what: 'a directory on the way that is a symlink to the host',
    prepare: (provider, host) => {
      rmSync(provider.at('/run/example'), { recursive: true });
      symlinkSync(dirname(host), provider.at('/run/example'));
    },
    reason: 'No such file or directory',
  },
  { what: 'a magic link', prepare: (provider, host) => symlinkSync(`/proc/${process.pid}/root${host}`, provider.at(socketPath)), reason: 'Too many symbolic links encountered' },
  { what: 'a dangling symlink', prepare: (provider) => symlinkSync('/nowhere', provider.at(socketPath)), reason: 'No such file or directory' },
  { what: 'a regular file', prepare: (provider) => writeFileSync(provider.at(socketPath), 'x'), reason: 'it is not a socket' },
  { what: 'a directory', prepare: (provider) => mkdirSync(provider.at(socketPath)), reason: 'it is not a socket' },
  { what: 'a FIFO, which would block', prepare: (provider) => void execFileSync('mkfifo', [provider.at(socketPath)]), reason: 'it is not a socket' },
  { what: 'a device', prepare: (provider) => void execFileSync('mknod', [provider.at(socketPath), 'c', '1', '3']), reason: 'it is not a socket' },
];

test.each(hostileProviders)('7.2-11 a provider whose socket is $what reaches nothing', async ({ prepare, reason }) => {
  const [consumer, provider, daemon, host] = await Promise.all([startContainer('consumer'), startContainer('provider', { init: '/busybox mount -t proc none /proc' }), runDaemon(), hostSocket()]);
  prepare(provider, host.path);
  daemon.core.set([link(consumer, provider)]);
  await daemon.printed('Link established');
  expect(await ask(consumer.at(target), 'hello')).toBe('');
  expect(await ask(consumer.at(target), 'hello')).toBe('');
  await daemon.complained('Could not connect');
  expect(daemon.err).toEqual([`Could not connect to provider socket ${socketPath} for ${consumer.name}/raw: ${reason}`]);
  expect(host.connections()).toBe(0);
});

test('7.2-11 a provider that swaps its socket for a symlink to the host, again and again, never gets the host connected', async () => {
  const [consumer, provider, daemon, host] = await Promise.all([startContainer('consumer'), startContainer('provider'), runDaemon(), hostSocket()]);
  await serve(provider.at('/run/example/real'), says('provider'));
  symlinkSync(host.path, provider.at('/run/example/evil'));
  daemon.core.set([link(consumer, provider)]);
  await daemon.printed('Link established');
  let swapping = true;
  const swapper = (async () => {
    for (let round = 0; swapping; round++) {
      const next = provider.at(`/run/example/next${round % 2}`);
      symlinkSync(round % 2 === 0 ? 'real' : host.path, next);
      renameSync(next, provider.at(socketPath));
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const answers = new Set<string>();
  for (let round = 0; round < 300; round++) answers.add(await ask(consumer.at(target), ''));
  swapping = false;
  await swapper;
  expect([...answers].sort()).toEqual(['', 'provider']);
  expect(host.connections()).toBe(0);
});

test('7.2-11 7.2-12 a path of 200 bytes, of the provider or as a target, is reached, though it fits into no socket address', async () => {
  const [consumer, provider, daemon] = await Promise.all([startContainer('consumer'), startContainer('provider'), runDaemon()]);
  const directory = `/run/${'d'.repeat(195)}`;
  mkdirSync(provider.at(directory));
  await serve(provider.at('/run/short'), says('far'));
  renameSync(provider.at('/run/short'), provider.at(`${directory}/raw.sock`));
  daemon.core.set([link(consumer, provider, { socket: `${directory}/raw.sock`, target: `/run/${'t'.repeat(120)}/raw.sock` })]);
  await daemon.printed('Link established');
  symlinkSync(consumer.at(`/run/${'t'.repeat(120)}`), join(dirname(provider.root), 'short'));
  expect(await ask(join(dirname(provider.root), 'short', 'raw.sock'), '')).toBe('far');
});

test('7.2-12 a consumer whose target directory is a symlink to the host gets it inside its own root', async () => {
  const [consumer, provider, daemon] = await Promise.all([startContainer('consumer'), startContainer('provider'), runDaemon()]);
  const hostDirectory = tempDir();
  symlinkSync(hostDirectory, consumer.at('/run/pv'));
  mkdirSync(consumer.at(hostDirectory), { recursive: true });
  await serve(provider.at(socketPath), says('inside'));
  daemon.core.set([link(consumer, provider)]);
  await daemon.printed('Link established');
  expect(readdirSync(hostDirectory)).toEqual([]);
  expect(await ask(consumer.at(`${hostDirectory}/services/raw.sock`), '')).toBe('inside');
});

const hostileTargets: { what: string; target?: string; prepare: (consumer: Container, host: string) => void; reason: string }[] = [
  { what: 'below a dangling symlink to the host', prepare: (consumer, host) => symlinkSync(host, consumer.at('/run/pv')), reason: 'No such file or directory' },
  { what: 'below a magic link', prepare: (consumer) => symlinkSync(`/proc/${process.pid}/root/tmp`, consumer.at('/run/pv')), reason: 'Too many symbolic links encountered' },
  { what: 'an existing file', prepare: (consumer) => place(consumer, (path) => writeFileSync(path, 'precious')), reason: 'exists and is not a socket; it is left as it is' },
  { what: 'an existing directory', prepare: (consumer) => place(consumer, (path) => mkdirSync(path)), reason: 'exists and is not a socket; it is left as it is' },
  { what: 'a symlink to a host file', prepare: (consumer, host) => place(consumer, (path) => symlinkSync(host, path)), reason: 'exists and is not a socket; it is left as it is' },
  { what: 'a FIFO', prepare: (consumer) => place(consumer, (path) => void execFileSync('mkfifo', [path])), reason: 'exists and is not a socket; it is left as it is' },
  {
    what: 'a device node of its own', target: '/dev/null', reason: 'exists and is not a socket; it is left as it is',
    prepare: (consumer) => {
      mkdirSync(consumer.at('/dev'));
      execFileSync('mknod', [consumer.at('/dev/null'), 'c', '1', '3']);
    },
  },
  { what: 'below a file', prepare: (consumer) => writeFileSync(consumer.at('/run/pv'), ''), reason: 'Not a directory' },
  { what: '..', target: '/run/pv/..', prepare: () => undefined, reason: 'Invalid argument' },
  { what: 'a name that is too long', target: `/run/${'n'.repeat(256)}`, prepare: () => undefined, reason: 'Name too long' },
];

function place(consumer: Container, make: (path: string) => void): void {
  mkdirSync(dirname(consumer.at(target)), { recursive: true });
  make(consumer.at(target));
}

test.each(hostileTargets)('7.2-12 a target that is $what is refused with the reason, and stays as it was', async ({ target: path = target, prepare, reason }) => {
  const hostDirectory = tempDir();
  writeFileSync(join(hostDirectory, 'file'), 'host');
  const [consumer, provider, daemon] = await Promise.all([startContainer('consumer', { init: '/busybox mount -t proc none /proc' }), startContainer('provider'), runDaemon()]);
  prepare(consumer, join(hostDirectory, 'file'));
  const before = snapshot(consumer.root);
  daemon.core.set([link(consumer, provider, { target: path })]);
  expect(await daemon.complained('Failed to add link for raw')).toContain(reason);
  expect(snapshot(consumer.root)).toEqual(before);
  expect(snapshot(hostDirectory)).toEqual(['file regular:host']);
});

test('7.2-12 a target that something is mounted on is refused, and the mount stays; one in /dev is a path like any other', async () => {
  const init = `/busybox mkdir -p ${dirname(target)} /dev; echo mounted > /mounted; : > ${target}; /busybox mount --bind /mounted ${target}`;
  const [consumer, provider, daemon] = await Promise.all([startContainer('consumer', { init }), startContainer('provider'), runDaemon()]);
  await serve(provider.at(socketPath), says('mesh'));
  daemon.core.set([link(consumer, provider), link(consumer, provider, { name: 'dev', target: '/dev/raw.sock' })]);
  expect(await daemon.complained('Failed to add link for raw')).toContain('exists and is not a socket; it is left as it is');
  await daemon.printed(`Link established: ${consumer.name}/dev`);
  expect(await ask(consumer.at('/dev/raw.sock'), '')).toBe('mesh');
  await consumer.exec('grep', '-q', 'mounted', target);
});

test('7.2-12 a socket that the consumer itself listens on is not taken from it; one left over is', async () => {
  const [consumer, provider, daemon] = await Promise.all([startContainer('consumer'), startContainer('provider'), runDaemon()]);
  await serve(provider.at(socketPath), says('mesh'));
  const own = await serve(consumer.at(target), says('own'));
  daemon.core.set([link(consumer, provider)]);
  expect(await daemon.complained('Failed to add link')).toContain('is a socket that somebody else listens on');
  expect(await ask(consumer.at(target), '')).toBe('own');
  own.close();
  writeStaleSocket(consumer.at(target));
  await daemon.printed('Retrying link');
  await daemon.printed('Link established');
  expect(await ask(consumer.at(target), '')).toBe('mesh');
});

test('7.2-12 a read-only root is refused with the reason', async () => {
  const [consumer, provider, daemon] = await Promise.all([startContainer('consumer', { init: '/busybox mount -t proc none /proc; /busybox mount -o remount,bind,ro /' }), startContainer('provider'), runDaemon()]);
  daemon.core.set([link(consumer, provider)]);
  expect(await daemon.complained('Failed to add link')).toContain('Read-only file system');
});

test('7.2-12 a target that lies where the provider listens would be a loop: by name it is refused, by symlink it reaches nothing', async () => {
  const [both, daemon] = await Promise.all([startContainer('both'), runDaemon()]);
  symlinkSync('/run/example', both.at('/run/alias'));
  daemon.core.set([link(both, both, { target: socketPath }), link(both, both, { name: 'alias', target: '/run/alias/loop.sock', socket: '/run/example/loop.sock' })]);
  await daemon.complained('its target is the very socket that it provides');
  await daemon.printed('Link established');
  expect(await ask(both.at('/run/example/loop.sock'), '')).toBe('');
  await daemon.complained('it is the socket that was injected for this link');
});

test('7.2-14 when a consumer replaced the injected socket by something of its own, that is not removed', async () => {
  const [consumer, provider, daemon] = await Promise.all([startContainer('consumer'), startContainer('provider'), runDaemon()]);
  daemon.core.set([link(consumer, provider)]);
  await daemon.printed('Link established');
  rmSync(consumer.at(target));
  writeFileSync(consumer.at(target), 'mine');
  daemon.core.set([]);
  await daemon.printed('Removing link');
  expect(readFileSync(consumer.at(target), 'utf8')).toBe('mine');
});

test('7.2-14 a consumer that does not run leaves the host byte-identical', async () => {
  const hostDirectory = tempDir();
  const hostTarget = join(hostDirectory, 'control');
  writeFileSync(hostTarget, 'host');
  const [consumer, provider, daemon] = await Promise.all([startContainer('consumer'), startContainer('provider'), runDaemon()]);
  daemon.core.set([
    link(consumer, provider, { consumer_pid: 0, target: hostTarget }),
    link(consumer, provider, { consumer_pid: 0, name: 'other', target: join(hostDirectory, 'new', 'socket') }),
    // A pid that was true once.
    link(consumer, provider, { consumer_pid: 4_194_303, name: 'third', target: join(hostDirectory, 'third') }),
  ]);
  await daemon.printed('Link waiting');
  await daemon.printed('Link waiting');
  await daemon.printed('Link waiting');
  expect(snapshot(hostDirectory)).toEqual(['control regular:host']);
});

test("7.2-14 a pid whose root is still the host's is not injected into", async () => {
  const hostDirectory = tempDir();
  const [consumer, provider, daemon] = await Promise.all([startContainer('consumer'), startContainer('provider'), runDaemon()]);
  const early = await hostProcessIn(consumer);
  daemon.core.set([link(consumer, provider, { consumer_pid: early.pid, target: join(hostDirectory, 'raw.sock') })]);
  expect(await daemon.complained('Failed to add link')).toContain("is still in the host's root");
  expect(readdirSync(hostDirectory)).toEqual([]);
});

/** A process in the container's cgroup that has not changed its root yet. */
async function hostProcessIn(container: Container): Promise<{ pid: number }> {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  onTestFinished(async () => {
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exit;
  });
  await joinCgroup(child.pid ?? 0, container);
  return { pid: child.pid ?? 0 };
}

function writeStaleSocket(path: string): void {
  rmSync(path, { force: true });
  execFileSync('perl', ['-MSocket', '-e', 'socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, pack_sockaddr_un($ARGV[0])) or die $!', path]);
}

/** Each entry below `root` with its type and, of a file, its content. */
function snapshot(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name !== 'busybox' && !entry.parentPath.startsWith(join(root, 'proc')))
    .map((entry) => `${join(entry.parentPath, entry.name).slice(root.length + 1)} ${describe(entry)}`)
    .sort();
}

function describe(entry: Dirent): string {
  if (entry.isFile()) return `regular:${readFileSync(join(entry.parentPath, entry.name), 'utf8')}`;
  return entry.isDirectory() ? 'directory' : entry.isSymbolicLink() ? 'symlink' : entry.isSocket() ? 'socket' : 'other';
}
