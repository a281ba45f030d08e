/**
 * Enters a container with LXC's own attach: all its namespaces, its control groups, its capabilities. Nothing of the
 * container is looked at or run on the host: the command is found, and the shell chosen, inside. The environment is
 * made new, so that nothing of the host's goes in and nothing of the container's comes out.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { Options } from './options.ts';

export interface Attaching {
  readonly options: Options;
  /** Where LXC keeps containers; undefined: its own default. */
  readonly lxcPath: string | undefined;
  readonly terminal: string | undefined;
}

export type Check = { readonly kind: 'running' } | { readonly kind: 'not'; readonly message: string; readonly exitCode: number };

export function checkRunning({ options: { container }, lxcPath }: Attaching): Check {
  const { error, status, stdout } = spawnSync('lxc-info', [...pathArgs(lxcPath), '-n', container, '-s', '-H'], { encoding: 'utf8' });
  if (error !== undefined) return { kind: 'not', message: `lxc-info cannot be run (${error.message}): install the package lxc`, exitCode: 127 };
  const state = stdout.trim();
  if (status !== 0) return { kind: 'not', message: `no container found: ${container}; list them with: pvcontrol ls`, exitCode: 1 };
  if (state !== 'RUNNING') return { kind: 'not', message: `container ${container} does not run (${state}); start it with: pvcontrol containers start ${container}`, exitCode: 1 };
  return { kind: 'running' };
}

/** The exit status of the command, or 128 and its signal. */
export function attach({ options, lxcPath, terminal }: Attaching): Promise<number> {
  const child = spawn('lxc-attach', attachArgs(options, lxcPath, terminal), { stdio: 'inherit' });
  // From the terminal both get Ctrl-C; it is the command's to act on. What is sent to us alone goes on to it.
  process.on('SIGINT', () => undefined);
  process.on('SIGQUIT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on('error', () => resolve(127));
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal === 'SIGKILL' ? 9 : 15)));
  });
}

export function attachArgs({ container, uid, command }: Options, lxcPath: string | undefined, terminal: string | undefined): string[] {
  const root = uid === '0';
  const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: root ? '/root' : '/', USER: root ? 'root' : uid, LOGNAME: root ? 'root' : uid, TERM: terminal ?? 'dumb' };
  return [
    ...pathArgs(lxcPath), '-n', container, '--clear-env',
    ...Object.entries(environment).flatMap(([key, value]) => ['--set-var', `${key}=${value}`]),
    ...(root ? [] : ['--uid', uid, '--gid', uid]),
    ...(command.length === 0 ? [] : ['--', ...command]),
  ];
}

function pathArgs(lxcPath: string | undefined): string[] {
  return lxcPath === undefined ? [] : ['-P', lxcPath];
}
