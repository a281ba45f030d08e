/** Containers that mean harm: whatever they hold is read and run inside, or not at all. */
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { program, type Program, type ProgramResult } from '@pv/testkit/program';
import { tempRoot } from '@pv/testkit/temp-root';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lxcContainer } from './kit/lxc-container.ts';

const root = tempRoot('pv-hostile');
chmodSync(root.path, 0o755);
/** What a container would have the host make. */
const mark = join(root.path, 'made-on-the-host');
/** A file of the host that a container would have the host read: root's entry names a program of the host. */
const hostPasswd = join(root.path, 'host-passwd');
const hostShell = join(root.path, 'host-shell');

const traps = [`$(touch ${mark})`, `\`touch ${mark}\``, `;touch ${mark};`, `" ; touch ${mark} ; "`, `' ; touch ${mark} ; '`];
const environment = traps.map((trap, index) => `lxc.environment = TRAP_${index}=${trap}`);

const at: { program?: Program } = {};
beforeAll(async () => {
  at.program = await program('pventer', root.path);
  writeFileSync(hostShell, `#!/bin/sh\n/bin/busybox touch ${mark}\n`, { mode: 0o755 });
  writeFileSync(hostPasswd, `root:x:0:0::${root.path}:${hostShell}\nweb:x:0:0::${root.path}:${hostShell}\n`);
});
afterAll(() => root.remove());

type Ask = (...args: string[]) => Promise<ProgramResult>;

/** Starts a container that `spoil` has worked on, asks `ask`, and looks at the host. */
async function entered(title: string, spoil: (rootfs: string) => void, ask: (pventer: Ask, rootfs: string) => Promise<void>, init = ''): Promise<void> {
  const container = lxcContainer(root.path, `pv-${title}-${process.pid}`, { init, lines: environment });
  spoil(container.rootfs);
  await container.start();
  const env = { LXC_PATH: container.lxcPath };
  try {
    await ask((...args) => (at.program ?? expect.fail('no program')).run(['-c', container.name, ...args], { env, input: `echo "at $HOME"\n` }), container.rootfs);
    expect(existsSync(mark)).toBe(false);
  } finally {
    container.stop();
  }
}

const replace = (path: string, put: (path: string) => void): void => {
  rmSync(path, { force: true });
  put(path);
};

describe('nothing runs or is read on the host', () => {
  it('by an environment that is made of commands', async () => {
    await entered('env', () => undefined, async (pventer) => {
      const { code, out } = await pventer('env');
      expect(code).toBe(0);
      for (const [index, trap] of traps.entries()) expect(out).toContain(`TRAP_${index}=${trap}\n`);
      expect(await pventer()).toMatchObject({ code: 0, out: 'at /root\n' });
    });
  });

  it('by the environment and the title that init has given itself', async () => {
    const init = 'if [ -z "$AGAIN" ]; then exec /bin/busybox env AGAIN=1 "PATH=$(echo /tmp)" "LD_PRELOAD=/tmp/evil.so" "X=\\$(touch /run/x)" /init; fi';
    await entered('init', () => undefined, async (pventer) => {
      const { code, out } = await pventer('env');
      expect(code).toBe(0);
      expect(out).not.toMatch(/^(?:AGAIN|LD_PRELOAD|X)=/m);
    }, init);
  });

  it('by an /etc/passwd that is a link to a file of the host', async () => {
    await entered('passwd', (rootfs) => replace(join(rootfs, 'etc/passwd'), (path) => symlinkSync(hostPasswd, path)), async (pventer) => {
      expect(await pventer()).toMatchObject({ code: 0, out: 'at /root\n' });
      expect(await pventer('-u', 'web', 'id')).toMatchObject({ code: 1, err: expect.stringContaining("no user 'web'") });
    });
  });

  it('by a link in /etc/passwd\'s way that climbs out of the root', async () => {
    const spoil = (rootfs: string): void => replace(join(rootfs, 'etc/passwd'), (path) => symlinkSync(`${'../'.repeat(30)}${hostPasswd}`, path));
    await entered('climb', spoil, async (pventer) => {
      expect(await pventer('sh', '-c', 'echo "$SHELL"')).toMatchObject({ code: 0, out: '/bin/sh\n' });
    });
  });

  it('by an /etc/passwd whose fields are commands, and whose shell is a program of the host', async () => {
    const spoil = (rootfs: string): void => writeFileSync(join(rootfs, 'etc/passwd'), `root:x:0:0::$(touch ${mark}):${hostShell}\nweb:x:$(touch ${mark}):0::/:/bin/sh\nbad:x:1 2 3:;id::/:/bin/sh\n`);
    await entered('fields', spoil, async (pventer) => {
      expect(await pventer()).toMatchObject({ code: 0, out: `at $(touch ${mark})\n` });
      for (const user of ['web', 'bad']) expect(await pventer('-u', user, 'id')).toMatchObject({ code: 1, out: '', err: expect.stringContaining('no user') });
    });
  });

  it('by a /bin/sh that is a link to a program of the host', async () => {
    await entered('link', (rootfs) => replace(join(rootfs, 'bin/sh'), (path) => symlinkSync(hostShell, path)), async (pventer) => {
      expect(await pventer()).toMatchObject({ code: 127, out: '' });
      expect(await pventer('--direct', '/bin/busybox', 'echo', 'in')).toMatchObject({ code: 0, out: 'in\n' });
    });
  });

  it('by a /bin/sh that does what it likes: it does it inside', async () => {
    const spoil = (rootfs: string): void => replace(join(rootfs, 'bin/sh'), (path) => writeFileSync(path, `#!/bin/busybox sh\n/bin/busybox touch ${mark} /run/hostile\nfor fd in /proc/self/fd/*; do /bin/busybox readlink "$fd"; done >/run/fds\necho hostile\nexit 5\n`, { mode: 0o755 }));
    await entered('shell', spoil, async (pventer, rootfs) => {
      expect(await pventer('id')).toMatchObject({ code: 5, out: 'hostile\n' });
      expect(existsSync(join(rootfs, 'run/hostile'))).toBe(true);
      // The standard streams are pipes here; the rest the shell has opened itself. No file or directory of the host came along.
      const files = readFileSync(join(rootfs, 'run/fds'), 'utf8').split('\n').filter((line) => line.startsWith('/'));
      expect(files.filter((path) => !existsSync(join(rootfs, path)) && !path.startsWith('/proc/'))).toEqual([]);
    });
  });

  it('by a directory of the host that the caller has left open', async () => {
    const container = lxcContainer(root.path, `pv-inherit-${process.pid}`);
    const descriptors = [3, 9, 63, 200, 900];
    const words = [process.execPath, at.program?.path ?? expect.fail('no program'), '-c', container.name, 'sh', '-c', 'for fd; do cat "/proc/self/fd/$fd$MARKED"; done; echo end', 'sh', ...descriptors.map(String)];
    const opened = descriptors.map((fd) => `exec ${fd}</`).join('; ');
    await container.start();
    try {
      const ask = (path: string): string => words.map((word) => `'${word.replace('$MARKED', path)}'`).join(' ');
      const run = promisify(execFile)('bash', ['-c', `ulimit -n 1024; ${opened}; ${ask(hostPasswd)}`], { env: { PATH: process.env['PATH'], LXC_PATH: container.lxcPath } });
      expect((await run).stdout).toBe('end\n');
    } finally {
      container.stop();
    }
  });

  it('by an answer about a user that is too long, or not two numbers', async () => {
    const spoil = (rootfs: string): void => replace(join(rootfs, 'bin/sh'), (path) => writeFileSync(path, '#!/bin/busybox sh\nexec /bin/busybox yes "0 0; id"\n', { mode: 0o755 }));
    await entered('answer', spoil, async (pventer) => {
      expect(await pventer('-u', 'web', 'id')).toMatchObject({ code: 1, out: '', err: expect.stringContaining("when asked for the user 'web'") });
    });
  });
});
