/** The program as scripts use it; beside curl where both speak. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import type { ProgramResult } from '@pv/testkit/program';
import { describe, expect, it, onTestFinished } from 'vitest';
import { usePvcurl } from './kit/program.ts';
import { rawServer, recorded, refusal, type Asked } from './kit/stand-in.ts';

const { root, bare, run: pvcurl, program, server } = usePvcurl();

async function asked(args: readonly string[], input?: string | Buffer): Promise<Asked> {
  const { code, out, err } = await pvcurl(args, input);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Asked;
}

function file(name: string, content: string | Buffer): string {
  const path = join(root.path, name);
  writeFileSync(path, content);
  return path;
}

describe('an answer', () => {
  it('goes to standard output as it is, whatever the status', async () => {
    expect(await pvcurl(['http://localhost/daemons'])).toMatchObject({ code: 0, out: recorded, err: '' });
    expect(await pvcurl(['/containers/none'])).toMatchObject({ code: 0, out: refusal, err: '' });
    expect(await pvcurl(['/chunked'])).toMatchObject({ code: 0, out: 'one\ntwo\n' });
    expect(await pvcurl(['/none'])).toMatchObject({ code: 0, out: '' });
  });

  it('has its head with -i, its status with -w, and its story with -v', async () => {
    expect((await pvcurl(['-i', '/containers/none'])).out).toMatch(/^HTTP\/1\.1 404 Not Found\r\nContent-Type: application\/json\r\n[\s\S]*\r\n\r\n\{"Error/);
    expect((await pvcurl(['-w', '\\n%{http_code} %{size_download}\\n', '/daemons'])).out).toBe(`${recorded}\n200 ${recorded.length}\n`);
    expect((await pvcurl(['-w', "'\\n%{http_code}'", '/empty'])).out).toBe('\n200');
    expect((await pvcurl(['-w', '%%{http_code}', '/empty'])).out).toBe('%{http_code}');
    expect((await pvcurl(['-v', '-X', 'POST', '/containers/none'])).err).toBe(`* Connecting to ${server().socketPath}...\n* > POST /containers/none HTTP/1.1\nHTTP/1.1 404 Not Found\n`);
  });

  it('goes to a file with -o, without its head', async () => {
    const path = join(root.path, 'out');
    expect(await pvcurl(['-i', '-o', path, '/daemons'])).toMatchObject({ code: 0, out: '' });
    expect(readFileSync(path, 'utf8')).toBe(recorded);
    expect((await pvcurl(['-o', '-', '/daemons'])).out).toBe(recorded);
  });

  it('that never came leaves the file of -o as it was', async () => {
    const path = file('kept', 'older');
    expect(await bare(['--unix-socket', join(root.path, 'away'), '-o', path, '/daemons'])).toMatchObject({ code: 7 });
    expect(readFileSync(path, 'utf8')).toBe('older');
  });

  it('is not written with --fail when it is an error', async () => {
    const path = join(root.path, 'no-error');
    expect(await pvcurl(['-f', '-o', path, '/containers/none'])).toMatchObject({ code: 22, out: '', err: 'pvcurl: (22) the server answered with status 404\n' });
    expect(existsSync(path)).toBe(false);
    expect(await pvcurl(['--fail', '/daemons'])).toMatchObject({ code: 0, out: recorded });
  });

  it('of 8 MiB arrives whole', async () => {
    expect((await pvcurl(['/large'])).out.length).toBe(8 * 1024 * 1024);
  });
});

describe('a request', () => {
  it('has the method asked for, GET otherwise, whatever the body', async () => {
    expect(await asked(['-d', 'x', '/echo'])).toMatchObject({ method: 'GET', body: 'x', bytes: 1 });
    for (const spelling of [['-X', 'PUT'], ['-XPUT'], ['--request', 'PUT'], ['--request=PUT'], ['-sXPUT']]) expect(await asked([...spelling, '/echo'])).toMatchObject({ method: 'PUT' });
  });

  it('has our fields, each of which can be replaced, and no field twice', async () => {
    expect((await asked(['/echo'])).fields).toEqual({ host: 'localhost', 'content-type': 'application/json', 'content-length': '0', connection: 'close' });
    expect((await asked(['-H', 'content-type: text/plain', '-H', 'X-A: 1', '--header', 'X-B;', '/echo'])).fields).toMatchObject({ 'content-type': 'text/plain', 'x-a': '1', 'x-b': '' });
    expect((await asked(['-H', 'Content-Type:', '/echo'])).fields['content-type']).toBeUndefined();
  });

  it('counts its body in bytes', async () => {
    expect(await asked(['--data', 'grün', '/echo'])).toMatchObject({ body: 'grün', bytes: 5, fields: { 'content-length': '5' } });
  });

  it('takes the last body, but a file to upload before all', async () => {
    expect(await asked(['-d', 'a', '--data-binary', 'b', '/echo'])).toMatchObject({ body: 'b' });
    expect(await asked(['-T', file('up', 'uploaded'), '-d', 'a', '/echo'])).toMatchObject({ body: 'uploaded', method: 'GET' });
  });

  it('takes its body from files and standard input, as curl does', async () => {
    const path = file('lines', 'a\r\nb\n');
    expect(await asked(['-d', `@${path}`, '/echo'])).toMatchObject({ body: 'ab' });
    expect(await asked(['--data-binary', `@${path}`, '/echo'])).toMatchObject({ body: 'a\r\nb\n', fields: { 'content-length': '5' } });
    expect(await asked(['--data-raw', '@x', '/echo'])).toMatchObject({ body: '@x' });
    expect(await asked(['-d', '@-', '/echo'], 'in\n')).toMatchObject({ body: 'in', bytes: 2 });
    expect(await asked(['-T', '-', '/echo'], 'in\n')).toMatchObject({ body: 'in\n', fields: { 'transfer-encoding': 'chunked' } });
    expect(await asked(['-T', file('nothing', ''), '/echo'])).toMatchObject({ bytes: 0, fields: { 'content-length': '0' } });
  });

  it('takes a file whose length is not what the system says, such as those of /proc and /sys', async () => {
    const [version, pages] = ['/proc/version', '/sys/kernel/mm/transparent_hugepage/enabled'].map((path) => readFileSync(path, 'utf8'));
    expect(await asked(['-T', '/proc/version', '/echo'])).toMatchObject({ body: version?.slice(0, 200) });
    expect(await asked(['-d', '@/proc/version', '/echo'])).toMatchObject({ body: version?.trimEnd().slice(0, 200) });
    expect(await asked(['--data-binary', '@/sys/kernel/mm/transparent_hugepage/enabled', '/echo'])).toMatchObject({ body: pages });
  });

  it('streams 8 MiB up, from a file and from a pipe, byte for byte', async () => {
    const bytes = Buffer.alloc(8 * 1024 * 1024, 'pantavisor');
    expect(await asked(['-T', file('big', bytes), '/echo'])).toMatchObject({ bytes: bytes.length, fields: { 'content-length': String(bytes.length) } });
    expect(await asked(['-T', '-', '/echo'], bytes)).toMatchObject({ bytes: bytes.length });
  });

  it('that is refused before its body has been sent gives the refusal', async () => {
    expect(await pvcurl(['-T', '-', '-w', '\\n%{http_code}', '/refuse-early'], 'x')).toMatchObject({ code: 0, out: 'too large\n413' });
    expect(await pvcurl(['-T', file('big', Buffer.alloc(8 * 1024 * 1024)), '/refuse-early'])).toMatchObject({ code: 0, out: 'too large', err: '' });
  });

  it('that nobody reads to its end, or answers, cannot be sent', async () => {
    const server = await rawServer(root.path, '');
    onTestFinished(server.stop);
    const { code, err } = await bare(['--unix-socket', server.socketPath, '-T', file('big', Buffer.alloc(8 * 1024 * 1024)), '/x']);
    // The kernel tells first of the write that failed (55), of the read that ended (52), or of the reset (56).
    expect([[52, 55, 56], err]).toEqual([expect.arrayContaining([code]), expect.stringMatching(/stopped reading|without an answer|no answer/)]);
  });

  it('leaves nothing in the temporary directory, and follows no link there', async () => {
    const tmp = join(root.path, 'tmp');
    const victim = file('victim', 'untouched');
    mkdirSync(tmp);
    for (const name of ['http_req', 'http_res', 'nc_err']) symlinkSync(victim, join(tmp, name));
    await program().run(['--unix-socket', server().socketPath, '-d', 'x', '/echo'], { env: { TMPDIR: tmp } });
    expect(statSync(victim).size).toBe(9);
  });
});

describe('a wrong command line', () => {
  it.each([
    [['--unix-socket', '/s', '--nope'], "Unrecognized option '--nope'"],
    [['--unix-socket', '/s', '-sq'], "Unrecognized option '-sq'"],
    [['--unix-socket', '/s', '--silent=yes'], "Unrecognized option '--silent=yes'"],
    [['--unix-socket', '/s', '--a\nb\u001b'], "Unrecognized option '--a\\x0ab\\x1b'"],
    [['http://localhost/x'], '--unix-socket is required.'],
    [['--unix-socket', '/s', '-X'], '-X needs a value: METHOD'],
    [['--unix-socket', '/s', '-X', 'P UT'], "-X: 'P UT' is not a method that can be used here"],
    [['--unix-socket', '/s', '--max-time', 'soon'], "--max-time: 'soon' is not a number of seconds"],
    [['--unix-socket', '/s', 'http://example.com/x'], 'only http://localhost/... and a path alone'],
    [['--unix-socket', '/s', 'http://localhost@example.com/x'], 'only http://localhost/... and a path alone'],
    [['--unix-socket', '/s', 'https://localhost/x'], 'only http://localhost/... and a path alone'],
    [['--unix-socket', '/s', '/a b'], 'percent-encode it'],
    [['--unix-socket', '/s', '/a\r\nX: y'], 'percent-encode it'],
    [['--unix-socket', `/${'ü'.repeat(54)}`, '/x'], 'longer than 107 bytes'],
  ])('%j: exit 1', async (args, message) => {
    const { code, out, err } = await bare(args);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^Error: .+\nSee pvcurl --help\.\n$/s);
    expect(err).toContain(message);
  });

  it.each([['X: a\r\nY: b'], ['no field'], ['Content-Length: 3'], ['transfer-encoding: chunked'], ['Connection: keep-alive']])('-H %j is refused', async (text) => {
    expect(await pvcurl(['-H', text, '/echo'])).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/^pvcurl: \(1\) -H '/) });
  });

  it('without anything is a call for help', async () => {
    const { code, out, err } = await bare([]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('Examples:\n  pvcurl --unix-socket ');
    for (const args of [['-h'], ['--help'], ['--unix-socket', '/s', '--help']]) expect(await bare(args)).toEqual({ code: 0, signal: null, out, err: '' });
    expect(await bare(['--version'])).toMatchObject({ code: 0, out: 'pvcurl 1.2.3\n' });
  });

  it('with a second URL says that it is ignored', async () => {
    expect(await pvcurl(['/daemons', '/second'])).toMatchObject({ code: 0, out: recorded, err: "pvcurl: '/second' is ignored: one request per call\n" });
    expect((await pvcurl(['-s', '/daemons', '/second'])).err).toBe('');
  });
});

const ok = 'HTTP/1.1 200 OK\r\n';

describe('a broken server', () => {
  it.each([
    ['says nothing', '', 'end', 52, '000'],
    ['says something else', 'hello\r\n\r\n', 'end', 8, '000'],
    ['stops within its head', 'HTTP/1.1 200 OK\r\nContent-', 'end', 56, '000'],
    ['sends less than it stated', `${ok}Content-Length: 10\r\n\r\nabc`, 'end', 18, '200'],
    ['stops within chunks', `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`, 'end', 18, '200'],
    ['breaks its chunks', `${ok}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 'end', 56, '200'],
    ['changes the protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nraw', 'end', 8, '101'],
    ['has a head without end', `${ok}X: ${'x'.repeat(310 * 1024)}\r\n\r\n`, 'end', 56, '000'],
    ['states two lengths', `${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, 'end', 8, '000'],
    ['hangs before its answer', '', 'hang', 28, '000'],
    ['hangs within its answer', `${ok}Content-Length: 10\r\n\r\nabc`, 'hang', 28, '200'],
  ] as const)('%s', async (_title, answer, then, code, status) => {
    const server = await rawServer(root.path, answer, then);
    onTestFinished(server.stop);
    // Long enough for a part of an answer to arrive on a machine under load.
    const limit = then === 'hang' ? ['--max-time', '5'] : [];
    const ask = (...more: string[]): Promise<ProgramResult> => bare(['--unix-socket', server.socketPath, ...limit, ...more, '/x']);
    const [got, silent, shown] = await Promise.all([ask('-w', '\\n%{http_code}'), ask('-s'), ask('-sS')]);
    expect({ code: got.code, status: got.out.split('\n').at(-1), err: got.err }).toEqual({ code, status, err: expect.stringMatching(new RegExp(`^pvcurl: \\(${code}\\) [^\\n]+\\n$`)) });
    expect([silent.err, shown.err]).toEqual(['', expect.stringMatching(/./)]);
  });

  it('that closes without a length is a whole answer, as HTTP/1.0 has it', async () => {
    const server = await rawServer(root.path, 'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n[]');
    onTestFinished(server.stop);
    expect(await bare(['--unix-socket', server.socketPath, '/x'])).toMatchObject({ code: 0, out: '[]', err: '' });
  });

  it('that speaks first of something else, or much, is waited for', async () => {
    const head = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n';
    const server = await rawServer(root.path, `${head}${ok}X: ${'x'.repeat(100 * 1024)}\r\nContent-Length: 2\r\n\r\n[]`);
    onTestFinished(server.stop);
    expect(await bare(['--unix-socket', server.socketPath, '-w', ' %{http_code}', '/x'])).toMatchObject({ code: 0, out: '[] 200', err: '' });
  });

  it('cannot drive the terminal through a message', async () => {
    const server = await rawServer(root.path, 'HTTP/1.1 200 \u0080\u009b31mred\r\nContent-Length: 0\r\n\r\n');
    onTestFinished(server.stop);
    expect((await bare(['-v', '--unix-socket', server.socketPath, '/x'])).err).not.toMatch(/[\u0080-\u009f]/);
  });
});

it('takes a socket whose name is digits for a name, not for a port', async () => {
  const server = createServer((socket) => socket.end(`${ok}Content-Length: 0\r\n\r\n`)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect(await bare(['--unix-socket', String(port), '/x'])).toMatchObject({ code: 7, err: `pvcurl: (7) cannot connect to ${port}: there is no such socket\n` });
});

describe('beside curl', () => {
  const both = async (args: readonly string[], socketPath = server().socketPath): Promise<{ code: number | null; out: string }[]> => {
    const all = ['-s', '--unix-socket', socketPath, ...args];
    const curl = new Promise<{ code: number; out: string }>((resolve) => execFile('curl', ['-q', ...all], { maxBuffer: 16 * 1024 * 1024 }, (error, out) => resolve({ code: Number(error?.code ?? 0), out })));
    const { code, out } = await bare(all);
    return [{ code, out }, await curl];
  };

  it.each([
    [['http://localhost/daemons']], [['-w', '\\n%{http_code}', 'http://localhost/containers/none']], [['-f', 'http://localhost/containers/none']],
    [['-XPUT', '-d', '{"action":"stop"}', '-w', '%{http_code}', 'http://localhost/empty']], [['-o', '/dev/null', '-w', '%{http_code} %{size_download}', 'http://localhost/large']],
    [['http://localhost/chunked']], [['http://localhost/none']], [['-T', '/none/body', 'http://localhost/x']], [['-o', '/none/out', 'http://localhost/daemons']],
  ])('%j gives the same output and exit code', async (args) => {
    const [ours, curls] = await both(args);
    expect(ours).toEqual(curls);
  });

  it('gives the same codes without a server', async () => {
    const [ours, curls] = await both(['-w', '%{http_code}', 'http://localhost/'], join(root.path, 'away'));
    expect(ours).toEqual(curls);
  });

  it.each([['', 'end'], ['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', 'end'], ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'end'], ['', 'hang']] as const)('gives the same code for a server that answers %j and then: %s', async (answer, then) => {
    const server = await rawServer(root.path, answer, then);
    onTestFinished(server.stop);
    const [ours, curls] = await both(['--max-time', '0.3', 'http://localhost/'], server.socketPath);
    expect(ours).toEqual(curls);
  });
});
