/** The program, entering real containers. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { program, type Program, type ProgramResult } from '@pv/testkit/program';
import { tempRoot } from '@pv/testkit/temp-root';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enter } from '../src/enter.ts';
import { lxcContainer, type LxcContainer } from './kit/lxc-container.ts';

const root = tempRoot('pv-enter');
// LXC's root of the container looks its way through it.
chmodSync(root.path, 0o755);
const container: LxcContainer = lxcContainer(root.path, `pv-enter-${process.pid}`, { lines: ['lxc.environment = FROM_CONFIG=as $(it) is'] });
const at: { program?: Program } = {};
beforeAll(async () => {
  at.program = await program('pventer', root.path);
  await container.start();
});
afterAll(() => {
  container.stop();
  root.remove();
});

const pventer = (args: readonly string[], env: Readonly<Record<string, string>> = {}, input?: string): Promise<ProgramResult> =>
  (at.program ?? expect.fail('no program')).run(args, { env: { LXC_PATH: container.lxcPath, SECRET: 'of the host', ...env }, ...(input === undefined ? {} : { input }) });
const inside = (...command: readonly string[]): Promise<ProgramResult> => pventer(['-c', container.name, ...command]);

describe('a command', () => {
  it('gets its arguments word by word', async () => {
    const words = ['a b', '', '$(id)', '`id`', "it's", '"', '*', '\\n', '-c', '--', 'ü', ';', '&&'];
    expect((await inside('printf', '<%s>', ...words)).out).toBe(words.map((word) => `<${word}>`).join(''));
    expect((await inside('--', 'printf', '<%s>', '--help')).out).toBe('<--help>');
  });

  it.each([[0], [1], [7], [126], [127], [255]])('ends with its own status %i', async (status) => {
    expect(await inside('sh', '-c', `exit ${status}`)).toEqual({ code: status, signal: null, out: '', err: '' });
  });

  it('that a signal ends gives 128 and its number', async () => {
    expect(await inside('sh', '-c', 'kill -9 $$')).toMatchObject({ code: 137 });
    expect(await pventer(['-c', container.name, '--direct', '/bin/sh', '-c', 'kill -15 $$'])).toMatchObject({ code: 143 });
  });

  it('that is not there, or no program, gives 127 or 126', async () => {
    expect(await inside('no-such-program')).toMatchObject({ code: 127, err: expect.stringContaining('no-such-program') });
    expect(await inside('/etc/passwd')).toMatchObject({ code: 126 });
    expect(await pventer(['-c', container.name, '--direct', '/nope'])).toMatchObject({ code: 127 });
  });

  it('is in all namespaces of the container, and its control groups are the root there', async () => {
    const namespaces = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'uts'];
    const { out } = await inside('sh', '-c', 'for ns; do readlink /proc/self/ns/$ns; done', 'sh', ...namespaces);
    expect(out.trim().split('\n')).toEqual(namespaces.map((ns) => readlinkSync(`/proc/${container.pid()}/ns/${ns}`)));
    expect((await inside('cat', '/proc/self/cgroup')).out).not.toContain('..');
  });

  it('has the environment of its user and of the configuration, and nothing of the host', async () => {
    const { out } = await pventer(['-c', container.name, 'env'], { TERM: 'vt100' });
    const variables = Object.fromEntries(out.trim().split('\n').map((line) => line.split(/=(.*)/s, 2)));
    expect(variables).toMatchObject({ HOME: '/root', USER: 'root', LOGNAME: 'root', SHELL: '/bin/sh', TERM: 'vt100', container: 'lxc', FROM_CONFIG: 'as $(it) is', PWD: '/root' });
    expect(Object.keys(variables).filter((name) => /SECRET|LXC_PATH/.test(name))).toEqual([]);
    expect(variables['PATH']).toMatch(/^\/usr\/local\/sbin:/);
  });

  it('reads our standard input and writes our outputs apart', async () => {
    expect(await pventer(['-c', container.name, 'sh', '-c', 'cat; echo err >&2'], {}, 'line\n')).toEqual({ code: 0, signal: null, out: 'line\n', err: 'err\n' });
  });

  it.each([['SIGTERM', 143], ['SIGINT', 130], ['SIGHUP', 129]] as const)('is ended by a %s to us', async (signal, status) => {
    const child = at.program?.start(['-c', container.name, 'sh', '-c', 'echo up; exec sleep 4321'], { env: { LXC_PATH: container.lxcPath } }) ?? expect.fail('no program');
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    child.kill(signal);
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(status);
    expect((await inside('sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "')).out).not.toMatch(/sleep 4321 $/m);
  });

  it('is ended by a signal that comes as soon as it runs, however busy the machine is', async () => {
    const ended = async (): Promise<unknown> => {
      const child = at.program?.start(['-c', container.name, '--direct', '/bin/sh', '-c', 'echo up; exec sleep 4321'], { env: { LXC_PATH: container.lxcPath } }) ?? expect.fail('no program');
      child.stdout?.once('data', () => child.kill('SIGHUP'));
      return new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
    };
    for (let round = 0; round < 4; round += 1) expect(new Set(await Promise.all(Array.from({ length: 10 }, ended)))).toEqual(new Set([129]));
  });

  it('can act on a signal itself', async () => {
    const child = at.program?.start(['-c', container.name, 'sh', '-c', 'trap "echo caught; exit 9" TERM; echo up; while :; do sleep 1; done'], { env: { LXC_PATH: container.lxcPath } }) ?? expect.fail('no program');
    const said: string[] = [];
    const complained: string[] = [];
    child.stdout?.on('data', (chunk: Buffer) => void (said.push(String(chunk)) === 1 && child.kill('SIGTERM')));
    child.stderr?.on('data', (chunk: Buffer) => complained.push(String(chunk)));
    const status = await new Promise((resolve) => child.once('close', resolve));
    expect({ status, said: said.join(''), complained: complained.join('') }).toEqual({ status: 9, said: 'up\ncaught\n', complained: '' });
  });

  it('has a terminal of its own when we have one, and Ctrl-C is its to act on', async () => {
    const words = [process.execPath, at.program?.path ?? '', '-c', container.name, 'sh', '-c', 'trap "echo caught; exit 9" INT; [ -t 0 ] && [ -t 1 ] && stty size; while :; do sleep 1; done'];
    const line = words.map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qec', `stty rows 33 cols 77; ${line}`, '/dev/null'], { env: { PATH: process.env['PATH'], LXC_PATH: container.lxcPath } });
    const said: string[] = [];
    child.stdout.on('data', (chunk: Buffer) => {
      if (said.push(String(chunk)) > 0 && /33 77\s+$/.test(said.join(''))) child.stdin.write('\u0003');
    });
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(9);
    expect(said.join('')).toMatch(/^33 77\s+(?:\^C)?caught\s+$/);
  });

  it('without a word is a login shell, which reads its standard input', async () => {
    expect(await pventer(['-c', container.name], {}, 'echo "$0 $HOME"; pwd; exit 3\n')).toMatchObject({ code: 3, out: '/bin/sh /root\n/root\n' });
  });
});

describe('a user', () => {
  it.each([
    ['web', 'uid=1000 gid=1001'], ['1000', 'uid=1000 gid=1001'], ['4242', 'uid=4242 gid=4242'], ['0', 'uid=0(root) gid=0'], ['root', 'uid=0(root) gid=0'],
  ])('%s is looked up inside', async (user, identity) => {
    const { out } = await pventer(['-c', container.name, '-u', user, 'id']);
    expect(out.replaceAll('(web)', '')).toContain(identity);
    expect(out).not.toMatch(/groups=\S*[,(]/);
  });

  it('has its home, also by PVUSER', async () => {
    expect((await pventer(['-c', container.name, 'sh', '-c', 'echo "$USER $HOME"; pwd'], { PVUSER: 'web' })).out).toBe('web /home/web\n/home/web\n');
    expect((await pventer(['-c', container.name, '-u', '4242', 'sh', '-c', 'echo "$USER $HOME"'])).out).toBe('4242 /\n');
  });

  it('that is not there is refused', async () => {
    expect(await pventer(['-c', container.name, '-u', 'nobody', 'id'])).toEqual({ code: 1, signal: null, out: '', err: `pventer: ${container.name} has no user 'nobody' in its /etc/passwd; give a number\n` });
  });
});

describe('a container that cannot be entered', () => {
  it('is not there', async () => {
    expect(await pventer(['-c', 'none'])).toEqual({ code: 1, signal: null, out: '', err: 'pventer: no container found: none; list them with: pvcontrol ls\n' });
  });

  it('does not run', async () => {
    const other = lxcContainer(root.path, 'pv-enter-stopped');
    expect(await pventer(['-c', other.name, 'id'])).toMatchObject({ code: 1, err: expect.stringContaining('does not run (STOPPED); see pvcontrol ls, start it with: pvcontrol containers start') });
  });

  it('cannot, without the programs of LXC', async () => {
    const said: string[] = [];
    const context = { lxc: { path: undefined, searchPath: '/nowhere' }, terminal: undefined, isRoot: true, debug: false, err: (line: string) => void said.push(line) };
    expect(await enter({ container: 'x', user: 'root', command: [], direct: false }, context)).toBe(127);
    expect(await enter({ container: 'x', user: 'root', command: [], direct: false }, { ...context, isRoot: false })).toBe(1);
    expect(said).toEqual(['pventer: lxc-info is not installed: install the package lxc\n', 'pventer: only root may enter a container: use sudo\n']);
  });

  it('is a WebAssembly container: what can be seen is outside', async () => {
    const wasm = lxcContainer(root.path, `pv-enter-wasm-${process.pid}`, { lines: ['lxc.init.cmd = /usr/bin/wasmedge'] });
    mkdirSync(join(wasm.rootfs, 'usr/bin'), { recursive: true });
    symlinkSync('/init', join(wasm.rootfs, 'usr/bin/wasmedge'));
    await wasm.start();
    try {
      expect(await pventer(['-c', wasm.name])).toMatchObject({ code: 1, err: expect.stringMatching(/is a WebAssembly container: it has no shell .*\/wasmedge\/console\.log/) });
      expect(await pventer(['-c', wasm.name, '--direct', '/bin/busybox', 'echo', 'x'])).toMatchObject({ code: 0, out: 'x\n' });
    } finally {
      wasm.stop();
    }
  });

  it('has no shell: the command runs directly', async () => {
    rmSync(join(container.rootfs, 'bin/sh'));
    try {
      expect(await inside('/bin/busybox', 'echo', 'x')).toMatchObject({ code: 127, out: '' });
      expect(await pventer(['-c', container.name, '--direct', '/bin/busybox', 'echo', 'a  b'])).toMatchObject({ code: 0, out: 'a  b\n' });
    } finally {
      symlinkSync('busybox', join(container.rootfs, 'bin/sh'));
    }
  });
});

describe('the command line', () => {
  it.each([
    [[], '-c NAME is missing'], [['-c'], "option '-c' needs a value"], [['--nope'], "unknown option '--nope'"], [['-c', '../x'], "'../x' is not a container's name"],
    [['-c', 'a b'], 'is not a'], [['-c', '-x'], 'is not a'], [['-c', ''], 'is not a'], [['--container='], "'' is not a"], [['-c', 'a\nb\u001b'], "'a\\x0ab\\x1b' is not a"], [['-c', '_pv_'], 'is the host itself'], [['-c', '/'], 'is the host itself'],
    [['-c', 'tty@web'], 'lxc-console -n web'], [['-c', 'x', '-u', 'a;b'], "not a user's name"], [['-c', 'x', '-u', '-1'], "not a user's name"], [['-c', 'x', '-u', '4294967295'], "not a user's name"], [['-c', 'x', '--direct'], '--direct needs a command'],
  ])('%j is wrong', async (args, message) => {
    const { code, out, err } = await pventer(args);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(message);
    expect(err).toMatch(/^pventer: .*\nSee pventer --help\.\n$/);
  });

  it.each([[['-h']], [['--help']], [['-c', 'x', '--help']]])('%j is help', async (args) => {
    expect(await pventer(args)).toMatchObject({ code: 0, out: expect.stringContaining('Examples:\n  pventer -c '), err: '' });
  });

  it('takes glued values, and leaves the options of the command alone', async () => {
    expect(await pventer(['--version'])).toMatchObject({ code: 0, out: 'pventer 1.2.3\n' });
    expect((await pventer([`-c${container.name}`, '--user=web', 'printf', '%s ', '-u', '--help'])).out).toBe('-u --help ');
    expect((await pventer([`--container=${container.name}`, '-u0', 'id', '-u'])).out).toBe('0\n');
  });
});
