/** A real pv-ctrl: bundled, started through setpriv as an unprivileged user, on inherited listening sockets. */
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closeFd } from '@pv/pv-native/fd';
import { listenUnix } from '@pv/pv-native/socket';
import { tempRoot } from '@pv/testkit/temp-root';
import { buildSync } from 'esbuild';
import { FakeCore } from './fake-core.ts';

export const doorUid = 65411;

export interface DoorProcess {
  /** The socket of a caller. */
  socket(caller: string): string;
  readonly core: FakeCore;
  readonly child: ChildProcess;
  /** What it has printed so far. */
  readonly output: string[];
  /** Resolves when a printed line contains `text`. */
  printed(text: string): Promise<string>;
  stop(): Promise<void>;
}

/** Names of callers; those that begin with `_` or `mgmt` are privileged. */
export async function startDoor(callers: readonly string[] = ['_pv_', 'mgmt', 'app']): Promise<DoorProcess> {
  const root = tempRoot('pv-ctrl');
  const dir = root.path;
  const program = bundle(dir);
  mkdirSync(join(dir, 'core'), { mode: 0o750 });
  chownSync(join(dir, 'core'), 0, doorUid);
  const core = new FakeCore(join(dir, 'core', 'pv-core'), doorUid);
  await core.start();
  const fds = callers.map((caller) => listenUnix(join(dir, caller), { mode: 0o600 }));
  const listen = callers.map((caller, index) => ({ fd: index + 3, caller, mgmt: /^(?:_|mgmt)/.test(caller) }));
  const child = spawnDoor(program, fds, { PV_SYSTEM_RUNDIR: dir, PV_CTRL_LISTEN: JSON.stringify(listen) });
  for (const fd of fds) closeFd(fd);
  const lines = collectLines(child);
  await lines.printed('listening for');
  return {
    socket: (caller) => join(dir, caller),
    core,
    child,
    ...lines,
    async stop() {
      const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
      child.kill('SIGKILL');
      await gone;
      await core.kill();
      root.remove();
    },
  };
}

/** One file that another user can read, as it is installed. */
export function bundle(dir: string): string {
  chmodSync(dir, 0o755);
  const outfile = join(dir, 'pv-ctrl.mjs');
  buildSync({ entryPoints: [fileURLToPath(new URL('../src/main.ts', import.meta.url))], outfile, bundle: true, platform: 'node', target: 'node20', format: 'esm', define: { PV_VERSION: '"1.2.3"' } });
  return outfile;
}

export function spawnDoor(program: string, fds: readonly number[], env: Readonly<Record<string, string>>, stdout: 'pipe' | number = 'pipe'): ChildProcess {
  return spawn('setpriv', [...unprivileged, process.execPath, program], { stdio: ['ignore', stdout, 'pipe', ...fds], env: { PATH: process.env['PATH'], ...env } });
}

export const unprivileged = ['--reuid', String(doorUid), '--regid', String(doorUid), '--clear-groups', '--no-new-privs', '--bounding-set', '-all', '--inh-caps', '-all'];

function collectLines(child: ChildProcess): Pick<DoorProcess, 'output' | 'printed'> {
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output.push(...text.split('\n').filter((line) => line !== ''));
      child.emit('line');
    });
  }
  return {
    output,
    async printed(text) {
      for (;;) {
        const found = output.find((line) => line.includes(text));
        if (found !== undefined) return found;
        if (child.exitCode !== null) throw new Error(`pv-ctrl ended with ${child.exitCode}:\n${output.join('\n')}`);
        await Promise.race([once(child, 'line'), once(child, 'exit')]);
      }
    },
  };
}
