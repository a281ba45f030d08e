/**
 * From options to exit status: the container must run, the user is looked up inside, then LXC enters. Nothing of the
 * container is resolved, read or run on the host; what it says about a user is two numbers, and checked.
 */
import { attach, attachArgs, capture, nameArgs, type Entry, type Lxc, type User } from './lxc.ts';
import type { Options } from './options.ts';
import { findUser, logIn } from './scripts.ts';

export interface Context {
  readonly lxc: Lxc;
  /** TERM of the caller. */
  readonly terminal: string | undefined;
  readonly isRoot: boolean;
  readonly err: (line: string) => void;
  /** Shows the commands before they run. */
  readonly debug: boolean;
}

type Checked<T> = { readonly kind: 'yes'; readonly value: T } | { readonly kind: 'no'; readonly message: string; readonly status: number };

const no = (message: string, status = 1) => ({ kind: 'no', message, status }) as const;

export async function enter(options: Options, context: Context): Promise<number> {
  const ready = checkRunning(options, context);
  const user = ready.kind === 'yes' ? resolveUser(options, context) : ready;
  if (user.kind === 'no') return refuse(context, user);
  const entry = entryOf(options, user.value, context);
  if (context.debug) context.err(`lxc-attach ${attachArgs(context.lxc, entry).join(' ')}\n`);
  const ended = await attach(context.lxc, entry);
  return ended.kind === 'status' ? ended.status : refuse(context, no(ended.message, 127));
}

function refuse({ err }: Context, { message, status }: { message: string; status: number }): number {
  err(`pventer: ${message}\n`);
  return status;
}

function checkRunning({ container, direct }: Options, { lxc, isRoot }: Context): Checked<undefined> {
  if (!isRoot) return no('only root may enter a container: use sudo');
  const info = capture(lxc, 'lxc-info', [...nameArgs(lxc, container), '--state', '--no-humanize', '--config', 'lxc.init.cmd']);
  if (info.kind === 'missing') return no(info.message, 127);
  const [state = '', init = ''] = info.stdout.trim().split('\n');
  if (info.status === null) return no(`the monitor of ${container} does not answer: pvcontrol containers restart ${container}`);
  if (info.status !== 0) return no(`no container found: ${container}; list them with: pvcontrol ls`);
  if (state === 'FROZEN') return no(`${container} is frozen; thaw it with: lxc-unfreeze -n ${container}`);
  if (state === 'RUNNING' && init.endsWith('/wasmedge') && !direct) return no(noShell(container));
  return state === 'RUNNING' ? { kind: 'yes', value: undefined } : no(`${container} does not run (${state}); see pvcontrol ls, start it with: pvcontrol containers start ${container}`);
}

function noShell(container: string): string {
  return `${container} is a WebAssembly container: it has no shell and no program but its runtime. From outside: its output is in <rundir>/logs/<revision>/${container}/wasmedge/console.log, its sockets in pvcontrol graph show`;
}

/** Undefined: root, who needs no look-up. */
function resolveUser({ container, user }: Options, { lxc }: Context): Checked<User | undefined> {
  if (user === 'root' || user === '0') return { kind: 'yes', value: undefined };
  const asked = capture(lxc, 'lxc-attach', attachArgs(lxc, { container, environment: {}, command: ['/bin/sh', '-c', findUser, 'sh', user] }));
  if (asked.kind === 'missing') return no(asked.message, 127);
  if (asked.status === null) return no(`${container} does not answer when asked for the user '${user}'`);
  const [, uid, gid] = (asked.status === 0 && /^(\d{1,10}) (\d{1,10})\n$/.exec(asked.stdout)) || [];
  if (uid !== undefined && gid !== undefined) return { kind: 'yes', value: { uid: Number(uid), gid: Number(gid) } };
  // A number needs no name: files can belong to it all the same.
  if (/^\d{1,10}$/.test(user)) return { kind: 'yes', value: { uid: Number(user), gid: Number(user) } };
  return no(`${container} has no user '${user}' in its /etc/passwd; give a number`);
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function entryOf({ container, command, direct }: Options, user: User | undefined, { terminal }: Context): Entry {
  const uid = String(user?.uid ?? 0);
  const home = user === undefined ? '/root' : '/';
  const environment = { PATH: defaultPath, HOME: home, ...(terminal === undefined || terminal === '' ? {} : { TERM: terminal }) };
  const [program, ...args] = command;
  return {
    container, environment,
    ...(user === undefined ? {} : { user }),
    command: direct && program !== undefined ? [program, ...args] : ['/bin/sh', '-c', logIn, 'sh', uid, ...command],
  };
}
