/** The program in a pipe, its commands as on a terminal, before a server that stands for pv-ctrl. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import { join } from 'node:path';
import { errorBody } from '@pv/contract/errors';
import { routes } from '@pv/contract/routes';
import { program, type Program, type ProgramResult } from '@pv/testkit/program';
import { tempRoot } from '@pv/testkit/temp-root';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../src/commands.ts';
import { parseCommandLine } from '../src/command-line.ts';
import { run, type Terminal } from '../src/run.ts';
import { explanation, link, mesh } from './kit/mesh.ts';

const containers = [
  { name: 'web', group: 'app', status: 'STARTED', status_goal: 'STARTED', restart_policy: 'container', roles: [], auto_recovery: { policy: 'on-failure', max_retries: 5, current_retries: 1, stable_timeout: 30, is_stable: 'false', backoff_policy: 'reboot' }, user_stopped: 'false', type: 'lxc', pid: 1234, last_exit: { kind: 'exit', code: 3 } },
  { name: 'data', group: 'data', status: 'MOUNTED', status_goal: 'MOUNTED', restart_policy: 'system', roles: ['mgmt'], type: null, pid: 0 },
  { name: 'gone', group: 'app', status: 'STOPPED', status_goal: 'STARTED', restart_policy: 'container', roles: [], user_stopped: 'true', type: 'lxc', pid: 0, last_exit: { kind: 'oom', signal: 9 } },
];
const answers: Readonly<Record<string, unknown>> = {
  'GET /containers': containers,
  'GET /groups': [{ name: 'app', status_goal: 'STARTED', restart_policy: 'container', status: 'RECOVERING', auto_recovery: { max_retries: 5, stable_timeout: 30, backoff_policy: '10min' } }],
  'GET /daemons': [{ name: 'hwrngd', pid: 0, respawn: true }, { name: 'pv-xconnect', pid: -1, respawn: false }, { name: 'pv-ctrl', pid: 77, respawn: true }],
  'GET /xconnect-status': [...mesh, link({ consumer: 'web', target: '/run/w' })],
  'GET /xconnect-why/web/raw': explanation({ consumer: 'web', requirements: [{ role: 'client', target: '/run/w', required: true, file: 'web/run.json', path: '$.services.required[0]' }], offers: [{ provider: 'gone', type: 'unix', socket: '/run/s', roles: ['client'] }] }),
  'GET /xconnect-why/web/self': explanation({ consumer: 'web', service: 'self', requirements: [{ role: 'client', target: '/run/w', required: false, file: 'web/services.json', path: '$.services[0]' }], offers: [{ provider: 'web', type: 'unix', socket: '/run/s' }] }),
  'GET /xconnect-graph': [{ type: 'unix', name: 'raw', consumer: 'c', provider: 'p', role: 'client', socket: '/run/s', interface: '/run/t', target: '/run/t', consumer_pid: 5, provider_pid: 0 }].flatMap((one) => [
    one, { ...one, consumer_pid: 0 }, { ...one, consumer_pid: 0, provider_pid: 6 }, { ...one, provider_pid: 6 }, { ...one, type: 'dbus', name: 'bus', provider: '_pv_' },
  ]),
};

const root = tempRoot('pv-control');
const at: { socket: string; seen: string[]; server: Server; program?: Program } = { socket: join(root.path, 'pv-ctrl'), seen: [], server: createServer() };

beforeAll(async () => {
  at.server.on('request', (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => void (body += chunk)).on('end', () => {
      const key = `${request.method} ${request.url}`;
      at.seen.push(`${key} ${body}`);
      if (request.url === '/buildinfo') return response.setHeader('Content-Type', 'text/plain').end('{"version":"1"}');
      response.setHeader('Content-Type', 'application/json');
      if (request.url?.endsWith('/system') === true) return response.writeHead(403).end(JSON.stringify(errorBody({ code: 'system-container' })));
      if (request.url?.endsWith('/away') === true) return response.writeHead(503).end(JSON.stringify(errorBody({ code: 'core-away', detail: 'x' })));
      if (request.url?.endsWith('/mute') === true) return response.writeHead(500).end();
      return response.end(request.method === 'GET' ? JSON.stringify(answers[key]) : '');
    });
  });
  await new Promise<void>((resolve) => void at.server.listen(at.socket, resolve));
  at.program = await program('pvcontrol', root.path);
});
afterAll(() => {
  at.server.close();
  root.remove();
});

/** The real program, its output in pipes. */
const pvcontrol = (...args: string[]): Promise<ProgramResult> => (at.program ?? expect.fail('no program')).run(args);

it('stands for a server that keeps the contract', () => {
  for (const row of Object.values(routes)) {
    const answer = answers[`${row.method} ${row.path}`];
    if (answer !== undefined && row.response.kind === 'json') expect(row.response.schema.safeParse(answer)).toMatchObject({ success: true });
  }
});

/** As on a terminal. */
const terminal = { outTty: true, errTty: true, colour: false, columns: undefined };

async function onTerminal(args: readonly string[], { socket = at.socket, ...look }: Partial<Terminal> & { readonly socket?: string } = {}): Promise<{ code: number; out: string; err: string }> {
  const line = parseCommandLine(args);
  if (line.kind !== 'run') throw new Error(`not a command: ${args.join(' ')}`);
  const got = { out: '', err: '' };
  const code = await run(line.invocation, socket, { ...terminal, ...look, out: (text) => void (got.out += text), err: (text) => void (got.err += text) });
  return { code, ...got };
}

describe('in a pipe', () => {
  it.each([
    [['ls'], 'GET /containers'], [['containers', 'list'], 'GET /containers'], [['container', 'ls'], 'GET /containers'],
    [['groups', 'ls'], 'GET /groups'], [['daemons', 'ls'], 'GET /daemons'], [['graph', 'ls'], 'GET /xconnect-graph'],
  ])('%j gives the body and a newline', async (args, key) => {
    expect(await pvcontrol('-s', at.socket, ...args)).toMatchObject({ code: 0, out: `${JSON.stringify(answers[key])}\n`, err: '' });
  });

  it('gives one empty line for an empty body, and sends the action', async () => {
    expect(await pvcontrol('-s', at.socket, 'containers', 'stop', 'web')).toMatchObject({ code: 0, out: '\n', err: '' });
    expect(at.seen.at(-1)).toBe('PUT /containers/web {"action":"stop"}');
    await pvcontrol('-s', at.socket, 'daemon', 'restart', 'pv-xconnect');
    expect(at.seen.at(-1)).toBe('PUT /daemons/pv-xconnect {"action":"restart"}');
  });

  it('gives text as it is', async () => {
    expect(await pvcontrol('-s', at.socket, 'buildinfo')).toMatchObject({ code: 0, out: '{"version":"1"}\n' });
  });

  it('gives the checks of graph why as JSON', async () => {
    const { code, out } = await pvcontrol('-s', at.socket, 'graph', 'why', 'web', 'raw');
    expect([code, JSON.parse(out)]).toEqual([1, { consumer: 'web', service: 'raw', usable: false, checks: expect.arrayContaining([{ check: 'running', verdict: 'no', text: 'gone does not run: it is STOPPED', hint: 'Start it with: pvcontrol containers start gone' }]) as unknown }]);
  });

  it('puts a refusal on stderr and exits with the code of the catalogue', async () => {
    expect(await pvcontrol('-s', at.socket, 'containers', 'stop', 'system')).toMatchObject({ code: 255, out: '', err: `${JSON.stringify(errorBody({ code: 'system-container' }))}\n` });
    expect(await pvcontrol('-s', at.socket, 'containers', 'stop', 'away')).toMatchObject({ code: 75, out: '' });
  });

  it('writes to a file with -f, and says when it cannot', async () => {
    expect(await pvcontrol('-s', at.socket, '-f', join(root.path, 'out'), 'ls')).toMatchObject({ code: 0, out: '' });
    expect(readFileSync(join(root.path, 'out'), 'utf8')).toBe(`${JSON.stringify(containers)}\n`);
    expect(await pvcontrol('-s', at.socket, '-f', '/none/out', 'ls')).toMatchObject({ code: 1, err: expect.stringContaining('-f /none/out') });
  });

  it('leaves the file of -f as it was when the server refuses', async () => {
    const path = join(root.path, 'kept');
    writeFileSync(path, 'older');
    expect(await pvcontrol('-s', at.socket, '-f', path, 'containers', 'stop', 'system')).toMatchObject({ code: 255, out: '' });
    expect(readFileSync(path, 'utf8')).toBe('older');
  });

  it('says something about a refusal without a body', async () => {
    expect(await pvcontrol('-s', at.socket, 'containers', 'stop', 'mute')).toMatchObject({ code: 255, out: '', err: 'ERROR: the server answered with status 500\n' });
  });

  it('shows its requests with -v, on stderr', async () => {
    expect(await pvcontrol('-v', '-s', at.socket, 'daemons', 'ls')).toMatchObject({ code: 0, err: '> GET /daemons\n< 200\n' });
  });

  it('takes the socket of the run directory that PV_SYSTEM_RUNDIR names, and no other one', async () => {
    expect(await at.program?.run(['groups', 'ls'], { env: { PV_SYSTEM_RUNDIR: root.path } })).toMatchObject({ code: 0, out: `${JSON.stringify(answers['GET /groups'])}\n` });
    expect(await at.program?.run(['groups', 'ls'], { env: { PV_SYSTEM_RUNDIR: '/none', SOCKET: at.socket } })).toMatchObject({ code: 1, err: expect.stringContaining('/none/pv-ctrl not found') });
    expect(await at.program?.run(['-s', at.socket, 'groups', 'ls'], { env: { PV_SYSTEM_RUNDIR: '/none' } })).toMatchObject({ code: 0 });
  });

  it('finds its socket by SOCKET, and takes -m', async () => {
    expect(await at.program?.run(['-m', 'text', 'groups', 'list'], { env: { SOCKET: at.socket } })).toMatchObject({ code: 0, out: `${JSON.stringify(answers['GET /groups'])}\n` });
  });

  it.each([
    ['closes without an answer', '', 'socket hang up'], ['ends within its answer', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[', 'aborted'],
    ['says no HTTP', 'hello\r\n\r\n', 'Parse Error'], ['says that it is JSON and is not', 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n[', 'says that it is JSON'],
  ])('gives 1 and no output for a server that %s', async (title, answer, reason) => {
    const socket = join(root.path, `${title.length}.broken`);
    const server = createNetServer((connection) => connection.once('data', () => connection.end(answer)));
    await new Promise<void>((resolve) => void server.listen(socket, resolve));
    const { code, out, err } = await pvcontrol('-s', socket, 'ls');
    server.close();
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^ERROR: got no response: .+\n.+\n$/);
    expect(err).toContain(reason);
  });

  it('says that a server is none of ours when it answers in another form', async () => {
    const socket = join(root.path, 'other');
    const server = createServer((_, response) => response.setHeader('Content-Type', 'application/json').end('{}'));
    await new Promise<void>((resolve) => void server.listen(socket, resolve));
    const answers = [await pvcontrol('-s', socket, 'graph', 'watch'), await pvcontrol('-s', socket, 'graph', 'why', 'web', 'raw')];
    server.close();
    for (const { code, out, err } of answers) {
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toMatch(/^ERROR: got no response: \S+: the answer is not one of pv-ctrl's: .+\n.+\n$/);
    }
  });

  it('ends well when its reader goes away, and badly when the disk is full', async () => {
    const sh = (redirection: string): Promise<number | null> => new Promise((resolve) => {
      spawn('/bin/sh', ['-c', `"$0" "$@" ${redirection}`, process.execPath, at.program?.path ?? '', '-s', at.socket, 'ls'], { stdio: 'ignore' }).on('exit', resolve);
    });
    expect(await sh('>/dev/full')).toBe(1);
    expect(await sh('| true')).toBe(0);
  });
});

describe('on a terminal', () => {
  it.each([['ls'], ['groups ls'], ['daemons ls'], ['graph ls']])('%s is a table', async (words) => {
    const { out } = await onTerminal(words.split(' '));
    await expect(out).toMatchFileSnapshot(join(import.meta.dirname, 'golden', `${words.replaceAll(' ', '-')}.txt`));
  });

  it('graph why goes through what a link needs, and its exit code says whether it is usable', async () => {
    const [no, yes] = [await onTerminal(['graph', 'why', 'web', 'raw']), await onTerminal(['graph', 'why', 'web', 'self'])];
    await expect(no.out).toMatchFileSnapshot(join(import.meta.dirname, 'golden', 'graph-why-no.txt'));
    await expect(yes.out).toMatchFileSnapshot(join(import.meta.dirname, 'golden', 'graph-why-yes.txt'));
    expect([no.code, yes.code]).toEqual([1, 0]);
  });

  it('graph show draws, on a terminal and in a pipe, and gives JSON when asked to', async () => {
    for (const [flags, text] of [[[], 'p\n├─ raw (unix) /run/s\n'], [['--mermaid'], 'flowchart LR\n'], [['--dot'], 'digraph mesh {\n']] as const) {
      expect((await onTerminal(['graph', 'show', ...flags])).out.startsWith(text)).toBe(true);
      expect((await pvcontrol('-s', at.socket, 'graph', 'show', ...flags)).out.startsWith(text)).toBe(true);
    }
    await onTerminal(['graph', 'show', '--dot', '-f', join(root.path, 'mesh.dot')]);
    expect(readFileSync(join(root.path, 'mesh.dot'), 'utf8')).toMatch(/^digraph mesh {/);
    expect((await pvcontrol('-s', at.socket, '--json', 'graph', 'show')).out).toBe(`${JSON.stringify(answers['GET /xconnect-status'])}\n`);
  });

  it('says what was accepted, and why something was refused and what to do', async () => {
    expect(await onTerminal(['containers', 'start', 'web'])).toMatchObject({ code: 0, out: 'start accepted; follow it with: pvcontrol ls\n' });
    const { err } = await onTerminal(['containers', 'stop', 'system']);
    expect(err).toBe('ERROR: Container has restart_policy \'system\' and cannot be controlled via API\nSet restart_policy "container" in its run.json.\n');
  });

  it('shortens what does not fit', async () => {
    const { out } = await onTerminal(['graph', 'ls'], { columns: 70 });
    expect(out.split('\n').map((line) => line.length).filter((length) => length > 70)).toEqual([]);
    expect(out).toContain('…');
  });

  it('shows an answer of another shape as it came', async () => {
    const server = createServer((_request, response) => void response.setHeader('Content-Type', 'application/json').end('{"other":"\u009b31m"}'));
    const socket = join(root.path, 'other');
    await new Promise<void>((resolve) => void server.listen(socket, resolve));
    expect(await onTerminal(['ls'], { socket })).toMatchObject({ code: 0, out: '{"other":"\\x9b31m"}\n' });
    server.close();
  });

  it('says what to do when nobody listens', async () => {
    expect(await onTerminal(['ls'], { socket: join(root.path, 'none') })).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/ENOENT.*\nIs pv-appengine running\?/) });
  });

  it('gives JSON when asked to', async () => {
    expect((await onTerminal(['--json', 'ls'])).out).toBe(`${JSON.stringify(containers)}\n`);
  });
});

describe('the command line', () => {
  it.each(commands.map((verb) => [[verb.nouns[0], verb.verbs[0]].filter((word) => word !== undefined)]))('%j has help with an example', (words) => {
    expect(parseCommandLine([...words, '--help'])).toMatchObject({ kind: 'help', text: expect.stringMatching(/Usage: pvcontrol [\s\S]*Example:\n {2}pvcontrol /) });
  });

  it.each(commands.map((verb) => [[verb.nouns[0], verb.verbs[0]].filter((word) => word !== undefined), verb.operands]))('%j refuses wrong operands', (words, operands) => {
    expect(parseCommandLine([...words, ...operands, 'surplus'])).toMatchObject({ kind: 'wrong', message: "'surplus' is too much" });
    if (operands.length > 0) expect(parseCommandLine(words)).toMatchObject({ kind: 'wrong', message: `${operands[0] ?? ''} is missing` });
  });

  it.each([
    [[], 'a command is missing'], [['nope'], "'nope' is not a command"], [['containers'], "'containers' needs a verb"],
    [['containers', 'nope'], "'containers nope' is not a command"], [['--nope'], "Unknown option '--nope'"],
    [['graph', 'ls', '--dot'], '--dot has no meaning'], [['graph', 'show', '--dot', '--mermaid'], '--mermaid and --dot exclude each other'], [['graph', 'watch', '-f', 'x'], '-f has no meaning'],
    [['-s', '', 'ls'], '-s needs a PATH'], [['-f', '', 'ls'], '-f needs a PATH'],
    [['graph', 'why', '', 'raw'], 'CONSUMER is missing'], [['graph', 'why', 'web', ''], 'SERVICE is missing'], [['containers', 'stop', 'web', ''], "'' is too much"], [['ls', ''], "'' is too much"],
  ])('%j is wrong: %s', async (args, message) => {
    expect(parseCommandLine(args)).toMatchObject({ kind: 'wrong', message: expect.stringContaining(message) });
    expect(await pvcontrol(...args)).toMatchObject({ code: 1, out: expect.stringContaining('Usage: pvcontrol'), err: expect.stringContaining(message) });
  });

  it('shows help and version', async () => {
    expect(await pvcontrol('--help')).toMatchObject({ code: 0, out: expect.stringContaining('Commands:'), err: '' });
    expect(await pvcontrol('--version')).toMatchObject({ code: 0, out: 'pvcontrol 1.2.3\n', err: '' });
  });

  it('says which sockets it looked for, and what to do', async () => {
    expect(await pvcontrol('-s', '/none/pv-ctrl', 'ls')).toMatchObject({ code: 1, out: '', err: 'ERROR: /none/pv-ctrl not found: is pv-appengine running? Start it, or name the socket with -s PATH\n' });
    expect(await pvcontrol('-s', root.path, 'ls')).toMatchObject({ code: 1, out: '', err: `ERROR: '${root.path}' is not a socket: name one with -s PATH\n` });
  });

  it('shows what was typed in one line, and drives no terminal with it', async () => {
    expect(await pvcontrol('a\nb\u001b[31m')).toMatchObject({ code: 1, err: "pvcontrol: 'a\\x0ab\\x1b[31m' is not a command\n" });
    expect(await pvcontrol('-s', 'a\nb', 'ls')).toMatchObject({ code: 1, err: 'ERROR: a\\x0ab not found: is pv-appengine running? Start it, or name the socket with -s PATH\n' });
    expect(await pvcontrol('--nope')).toMatchObject({ code: 1, err: "pvcontrol: Unknown option '--nope'\n" });
  });

  it('says that a user may not look', async () => {
    const locked = join(root.path, 'locked');
    mkdirSync(locked, { mode: 0o700 });
    // The bundle is for this user too.
    chmodSync(root.path, 0o755);
    const { status, stderr } = spawnSync('setpriv', ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath, at.program?.path ?? '', '-s', join(locked, 'pv-ctrl'), 'ls'], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([1, `ERROR: '${join(locked, 'pv-ctrl')}' may not be looked at: use sudo\n`]);
  });
});
