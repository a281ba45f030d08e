/** pventer's command line. Pure. From the first word that is no option on, all is the command, word by word. */
import { containerNameGrammar } from '@pv/contract/grammar';

export interface Options {
  readonly container: string;
  /** A name or a number inside the container. */
  readonly user: string;
  /** Empty: an interactive login shell. */
  readonly command: readonly string[];
  /** Without the login shell around the command. */
  readonly direct: boolean;
}

export type CommandLine = { readonly kind: 'run'; readonly options: Options } | { readonly kind: 'help' | 'version' } | { readonly kind: 'wrong'; readonly message: string };

const valued = { '-c': 'container', '--container': 'container', '-u': 'user', '--user': 'user' } as const;
const isValued = (name: string): name is keyof typeof valued => Object.hasOwn(valued, name);

/** What useradd and busybox's adduser allow, and numbers. */
const userGrammar = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\$?$/;
/** The one above means "no user" to the kernel. */
const greatestUid = 0xff_ff_ff_fe;

export function parseCommandLine(argv: readonly string[], defaultUser = 'root'): CommandLine {
  const words = [...argv];
  const given: { container?: string; user?: string; direct?: true } = {};
  for (let word = words[0]; word !== undefined && /^-./s.test(word); word = words[0]) {
    words.shift();
    if (word === '--') break;
    if (word === '-h' || word === '--help') return { kind: 'help' };
    if (word === '--version') return { kind: 'version' };
    if (word === '--direct') {
      given.direct = true;
      continue;
    }
    const [, name = word, glued] = /^(-[cu](?=.)|--\w+(?==))=?(.*)$/s.exec(word) ?? [];
    if (!isValued(name)) return wrong(`unknown option '${word}'`);
    const value = glued ?? words.shift();
    if (value === undefined) return wrong(`option '${name}' needs a value`);
    given[valued[name]] = value;
  }
  const { container, user = defaultUser, direct = false } = given;
  if (container === undefined) return wrong('-c NAME is missing: name the container; pvcontrol ls lists them');
  const problem = containerProblem(container) ?? (isUser(user) ? undefined : `'${user}' is not a user's name or number`);
  if (problem !== undefined) return wrong(problem);
  if (direct && words.length === 0) return wrong('--direct needs a command');
  return { kind: 'run', options: { container, user, command: words, direct } };
}

const isUser = (user: string): boolean => userGrammar.test(user) && !(/^\d+$/.test(user) && Number(user) > greatestUid);
const wrong = (message: string): CommandLine => ({ kind: 'wrong', message });

function containerProblem(name: string): string | undefined {
  if (name === '_pv_' || name === '/') return `'${name}' is the host itself: there is nothing to enter`;
  if (name.startsWith('tty@')) return `'${name}' is a console: use lxc-console -n ${name.slice(4)}`;
  return containerNameGrammar.test(name) ? undefined : `'${name}' is not a container's name; pvcontrol ls lists them`;
}
