import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { createServer, connect, Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { closeFd } from '../src/fd.ts';
import { O_PATH } from '../src/openat.ts';
import { connectAbstract, hasListener, listenUnix } from '../src/socket.ts';
import { codeOf, tempDir } from './temp.ts';

async function echoOn(fd: number) {
  const server = createServer((socket) => socket.pipe(socket)).listen({ fd });
  onTestFinished(() => void server.close());
  await once(server, 'listening');
}

async function echoes(socket: Socket, text: string): Promise<void> {
  onTestFinished(() => void socket.destroy());
  socket.write(text);
  expect(String((await once(socket, 'data'))[0])).toBe(text);
}

test('a listening socket serves clients through Node', async () => {
  const path = join(tempDir(), 'echo');
  await echoOn(listenUnix(path, { mode: 0o600 }));
  await echoes(connect(path), 'hello');
});

test.each([0o666, 0o600, 0o660])('mode %o is exact under a strict umask, which stays as it was', (mode) => {
  const path = join(tempDir(), 'socket');
  const before = process.umask(0o077);
  onTestFinished(() => void process.umask(before));
  const fd = listenUnix(path, { mode });
  onTestFinished(() => closeFd(fd));
  expect(statSync(path).mode & 0o777).toBe(mode);
  expect(process.umask()).toBe(0o077);
});

test('owner and group are set', () => {
  const path = join(tempDir(), 'socket');
  const fd = listenUnix(path, { mode: 0o660, uid: 12, gid: 34, backlog: 1 });
  onTestFinished(() => closeFd(fd));
  expect(statSync(path)).toMatchObject({ uid: 12, gid: 34 });
});

test('a directory descriptor reaches where a path is too long', async () => {
  const deep = join(tempDir(), 'd'.repeat(100), 'e'.repeat(100));
  mkdirSync(deep, { recursive: true });
  const directory = openSync(deep, O_PATH);
  onTestFinished(() => closeSync(directory));
  await echoOn(listenUnix(`/proc/self/fd/${directory}/echo`, { mode: 0o666 }));
  await echoes(connect(`/proc/self/fd/${directory}/echo`), 'far');
  expect(codeOf(() => listenUnix(join(deep, 'other'), { mode: 0o666 }))).toBe('ENAMETOOLONG');
});

test('what is there already is left alone', () => {
  const path = join(tempDir(), 'file');
  writeFileSync(path, 'mine');
  expect(codeOf(() => listenUnix(path, { mode: 0o666 }))).toBe('EADDRINUSE');
  expect(statSync(path).size).toBe(4);
});

test('a failure closes the descriptor', () => {
  const dir = tempDir();
  const fd = openSync('/dev/null', 'r');
  closeSync(fd);
  expect(codeOf(() => listenUnix(join(dir, 'absent', 'x'), { mode: 0o666 }))).toBe('ENOENT');
  expect(existsSync(`/proc/self/fd/${fd}`) && readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')).toBe(false);
});

test('a socket with a listener is told from one left over', () => {
  const path = join(tempDir(), 'socket');
  const fd = listenUnix(path, { mode: 0o600, backlog: 1 });
  expect(Array.from({ length: 4 }, () => hasListener(path))).toEqual([true, true, true, true]);
  closeFd(fd);
  expect(hasListener(path)).toBe(false);
  expect(codeOf(() => hasListener(`${path}-absent`))).toBe('ENOENT');
});

test('an abstract name is reached with its exact length', async () => {
  const name = `pv-native-test-${process.pid}`;
  await echoOnceAbstract(name);
  await echoes(new Socket({ fd: connectAbstract(name) }), 'abstract');
  expect(codeOf(() => connectAbstract(`${name}-absent`))).toBe('ECONNREFUSED');
  expect(codeOf(() => connectAbstract(''))).toBe('EINVAL');
  expect(codeOf(() => connectAbstract('x'.repeat(108)))).toBe('EINVAL');
});

/** A listener that is not ours and whose name has its exact length, as LXC's command socket has. */
async function echoOnceAbstract(name: string): Promise<void> {
  const program = `use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, pack_sockaddr_un(chr(0) . "$ARGV[0]")) or die $!; listen(S, 1);
    syswrite(STDOUT, "ready"); accept(C, S); sysread(C, $text, 100); syswrite(C, $text); sysread(C, $text, 1);`;
  const child = spawn('perl', ['-e', program, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
}
