/** Start and end of the process. */
import { once } from 'node:events';
import { constants, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync, spawnSync } from 'node:child_process';
import { closeFd } from '@pv/pv-native/fd';
import { listenUnix } from '@pv/pv-native/socket';
import { RawClient, rawExchange } from '@pv/testkit/raw-http';
import { tempRoot } from '@pv/testkit/temp-root';
import { waitFor } from '@pv/testkit/wait-for';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { bundle, spawnDoor, startDoor, unprivileged, type DoorProcess } from './door-process.ts';

const root = tempRoot('pv-ctrl-main');
const program = bundle(root.path);
afterAll(() => root.remove());

const run = (args: string[], env: Record<string, string> = {}, as: readonly string[] = unprivileged) => {
  const { status, stdout, stderr } = spawnSync('setpriv', [...as, process.execPath, program, ...args], { encoding: 'utf8', env: { PATH: process.env['PATH'], ...env } });
  return { status, stdout, stderr };
};

describe('arguments and environment', () => {
  test('--help says what it is and what it reads', () => {
    expect(run(['--help'])).toEqual({ status: 0, stderr: '', stdout: expect.stringMatching(/^Usage: pv-ctrl[^]*PV_CTRL_LISTEN[^]*PV_CTRL_ALLOW_ROOT/) as unknown });
  });

  test('--version', () => {
    expect(run(['--version'])).toEqual({ status: 0, stderr: '', stdout: 'pv-ctrl 1.2.3\n' });
  });

  test.each([['--wrong'], ['word'], ['a\nb']])('%s is a usage error', (argument) => {
    expect(run([argument])).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(/^pv-ctrl: .*\nTry: pv-ctrl --help\n$/) as unknown });
  });

  test('root is refused, with the way to start it', () => {
    expect(run([], { PV_CTRL_LISTEN: '[{"fd":3,"caller":"_pv_","mgmt":true}]' }, ['--no-new-privs'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('does not run as root (uid 0, gid 0): pv-core starts it as PV_CTRL_UID; by hand: setpriv') as unknown,
    });
  });

  test.each([
    [{}, 'PV_CTRL_LISTEN is not set'],
    [{ PV_CTRL_LISTEN: '[{"fd":3}]' }, 'PV_CTRL_LISTEN[0].caller: must be a container name or _pv_'],
    [{ PV_CTRL_LISTEN: '[{"fd":77,"caller":"_pv_","mgmt":true}]' }, 'descriptor 77 of PV_CTRL_LISTEN is not a listening socket'],
  ] as [Record<string, string>, string][])('%j is a clear fatal error', (env, message) => {
    expect(run([], env)).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining(message) as unknown });
  });

  test('a descriptor that is a file is none of a listening socket', async () => {
    const child = spawnDoor(program, [process.stdin.fd], { PV_CTRL_LISTEN: '[{"fd":3,"caller":"_pv_","mgmt":true}]' });
    const errors: string[] = [];
    child.stderr?.setEncoding('utf8').on('data', (text: string) => errors.push(text));
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(errors.join('')).toContain('descriptor 3 of PV_CTRL_LISTEN is not a listening socket');
  });
});

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  test('finishes what is in flight, then exits 0', async () => {
    const door = await newDoor();
    const asked = new Promise<() => void>((resolve) => {
      door.core.answer = (_asked, response) => resolve(() => response.writeHead(200, { 'Content-Length': 4 }).end('done'));
    });
    const idle = new RawClient(door.socket('_pv_'));
    const busy = new RawClient(door.socket('_pv_'));
    await busy.send('GET /groups HTTP/1.1\r\n\r\n');
    const finish = await asked;
    const gone = once(door.child, 'exit');
    door.child.kill(signal);
    expect(await idle.answers(1)).toEqual([]);
    finish();
    expect((await busy.answers(1))[0]?.body).toBe('done');
    expect(await gone).toEqual([0, null]);
  });

  test('does not wait for what is held', async () => {
    const door = await newDoor();
    const held = new Promise<void>((resolve) => {
      door.core.answer = (_asked, response, request) => {
        request.socket.once('end', () => response.writeHead(200, { 'Content-Length': 2 }).end('[]'));
        resolve();
      };
    });
    const client = new RawClient(door.socket('_pv_'));
    await client.send('GET /xconnect-graph?wait=x HTTP/1.1\r\n\r\n');
    await held;
    const gone = once(door.child, 'exit');
    door.child.kill(signal);
    expect((await client.answers(1))[0]?.status).toBe(200);
    expect(await gone).toEqual([0, null]);
  });
});

test('a successor on the same listening socket serves whoever waited in between', async () => {
  const { path: dir, remove } = tempRoot('pv-ctrl-successor');
  const fd = listenUnix(join(dir, 'socket'), { mode: 0o600 });
  const env = { PV_SYSTEM_RUNDIR: dir, PV_CTRL_LISTEN: '[{"fd":3,"caller":"app","mgmt":false}]' };
  const start = async () => {
    const child = spawnDoor(program, [fd], env);
    await once(child.stdout ?? expect.fail('no stdout'), 'data');
    return child;
  };
  onTestFinished(() => {
    closeFd(fd);
    remove();
  });
  const first = await start();
  const firstGone = once(first, 'exit');
  first.kill('SIGKILL');
  await firstGone;
  const answer = rawExchange(join(dir, 'socket'), 'GET /groups HTTP/1.0\r\n\r\n');
  const second = await start();
  expect((await answer)[0]?.status).toBe(403);
  const secondGone = once(second, 'exit');
  second.kill('SIGTERM');
  expect(await secondGone).toEqual([0, null]);
  expect(readFileSync('/proc/net/unix', 'utf8')).toContain(join(dir, 'socket'));
});

test('a log that nobody reads does not stop it, and is written when somebody does', async () => {
  const { path: dir, remove } = tempRoot('pv-ctrl-unread');
  const fd = listenUnix(join(dir, 'socket'), { mode: 0o600 });
  // As pv-core opens it: such a pipe never breaks, it only fills.
  const fifo = join(dir, 'stdout');
  execFileSync('mkfifo', [fifo]);
  const pipe = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  fillUp(pipe);
  const its = openSync(fifo, constants.O_RDWR);
  const child = spawnDoor(program, [fd], { PV_SYSTEM_RUNDIR: dir, PV_CTRL_LISTEN: '[{"fd":3,"caller":"app","mgmt":false}]' }, its);
  closeFd(its);
  const gone = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await gone;
    for (const one of [fd, pipe]) closeFd(one);
    remove();
  });
  for (let round = 0; round < 3; round += 1) expect((await rawExchange(join(dir, 'socket'), 'GET /groups HTTP/1.0\r\n\r\n'))[0]?.status).toBe(403);
  const read = { text: '' };
  await waitFor(() => /listening for 1 callers[^]*(?:refused: [^\n]*\n){3}/.test((read.text += drain(pipe))), { what: 'the lines', detail: () => read.text.slice(-500) });
});

function fillUp(pipe: number): void {
  try {
    for (;;) writeSync(pipe, '.'.repeat(4096));
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN');
  }
}

/** What is in it now. */
function drain(pipe: number): string {
  const buffer = Buffer.alloc(64 * 1024);
  try {
    return buffer.toString('utf8', 0, readSync(pipe, buffer));
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN');
    return '';
  }
}

async function newDoor(): Promise<DoorProcess> {
  const door = await startDoor();
  onTestFinished(() => door.stop());
  return door;
}
