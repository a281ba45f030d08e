/** The WebAssembly examples: what is in their exports, and their modules on the real WasmEdge. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { compileModule } from '../src/assembly.ts';
import { buildExamples, examples } from '../src/build.ts';
import { moduleInterface } from './kit/module-interface.ts';
import { type RunOptions, type Running, runModule } from './kit/wasmedge.ts';

const names = Object.keys(examples).filter((name) => examples[name]?.wasm !== undefined);
/** Milliseconds: compilers on a busy machine. */
const patience = 300_000;
const at = { root: '' };
const state = (name: string) => JSON.parse(readFileSync(join(at.root, name, 'json'), 'utf8')) as Record<string, unknown>;
const object = (name: string) => join(at.root, name, 'objects', String(state(name)[`${name}/app.wasm`]));
const module = (name: string) => readFileSync(object(name));

beforeAll(async () => {
  at.root = mkdtempSync(join(tmpdir(), 'pv-wasm-'));
  // None of them needs busybox.
  for (const [index, path] of (await buildExamples({ out: join(at.root, 'built'), names, busybox: '/no/busybox' })).entries()) {
    const folder = join(at.root, names[index] ?? '');
    mkdirSync(folder);
    execFileSync('tar', ['-xzf', path, '-C', folder]);
  }
}, patience);
afterAll(() => rmSync(at.root, { recursive: true, force: true }));

describe('the exports', () => {
  const none = { required: [], optional: [], manual: [] };
  const run = (name: string, keys: Record<string, unknown>) => ({ '#spec': 'service-manifest-run@1', name, type: 'wasmedge', config: 'wasmedge.json', 'root-volume': 'app.wasm', storage: {}, services: none, ...keys });
  const said = (name: string) => Object.fromEntries(Object.entries(state(name)).filter(([key]) => key !== '#spec' && !key.endsWith('/app.wasm')).map(([key, value]) => [key.slice(name.length + 1), value]));

  it('say what each is, and have no file system', () => {
    const recovery = { policy: 'on-failure', max_retries: 5, retry_delay: 5, backoff_factor: 2, reset_window: 60, stable_timeout: 30, backoff_policy: '10min' };
    const needs = { ...none, required: [{ name: 'network-manager', type: 'rest', target: '/run/pv/services/network-manager.sock' }] };
    expect(Object.fromEntries(names.map((name) => [name, said(name)]))).toEqual({
      'pv-example-wasm': {
        'run.json': run('pv-example-wasm', { group: 'app', restart_policy: 'container', storage: { data: { persistence: 'permanent' } } }),
        'wasmedge.json': { args: ['--verbose'], env: { GREETING: 'hello' }, dirs: { '/data': { volume: 'data' } }, memory_pages: 256, limits: { memory: '64M', pids: 16 } },
      },
      'pv-example-wasm-crash': { 'run.json': run('pv-example-wasm-crash', { group: 'root', restart_policy: 'container', auto_recovery: recovery }), 'wasmedge.json': {} },
      'pv-example-wasm-client': { 'run.json': run('pv-example-wasm-client', { group: 'app', services: needs }), 'wasmedge.json': {} },
      'pv-example-wasm-server': {
        'run.json': run('pv-example-wasm-server', { group: 'app' }), 'wasmedge.json': {},
        'services.json': { '#spec': 'service-manifest-xconnect@1', services: [{ name: 'wasm-echo', type: 'unix', socket: '/run/wasm-echo.sock' }] },
      },
    });
  });

  it.each(names)('%s: one object, a program that needs WASI alone', async (name) => {
    expect(readdirSync(join(at.root, name, 'objects'))).toEqual([state(name)[`${name}/app.wasm`]]);
    expect(await moduleInterface(module(name))).toEqual({ from: ['wasi_snapshot_preview1'], exports: ['_start', 'memory'] });
  });
});

describe.concurrent('compileModule', { timeout: patience }, () => {
  beforeAll(() => void vi.stubEnv('CI', 'true'));
  afterAll(() => void vi.unstubAllEnvs());

  it('gives the same bytes wherever the sources lie', async () => {
    const copy = join(at.root, 'somewhere', 'else');
    cpSync(join(import.meta.dirname, '../assembly'), copy, { recursive: true });
    expect((await compileModule(join(copy, 'pv-example-wasm-client.ts'))).equals(module('pv-example-wasm-client'))).toBe(true);
  });

  it('tells what the compiler says of a source that is wrong, in plain text on a CI machine too', async () => {
    const path = join(at.root, 'wrong.ts');
    writeFileSync(path, 'export function _start(): void { nothing(); }\n');
    await expect(compileModule(path)).rejects.toThrow(/ERROR TS2304: Cannot find name 'nothing'[\s\S]*wrong\.ts/);
  });

  it('tells that a source is missing', async () => {
    await expect(compileModule(join(at.root, 'missing.ts'))).rejects.toThrow(/File 'missing\.ts' not found/);
  });
});

// Most of their time they wait for each other's next round.
describe.concurrent('on WasmEdge', { timeout: patience }, () => {
  const owned: { readonly running: Running[]; readonly servers: Server[] } = { running: [], servers: [] };
  afterAll(async () => {
    await Promise.all(owned.running.map((running) => running.kill()));
    for (const server of owned.servers) server.close();
  });

  const start = (name: string, options: RunOptions = {}) => {
    const running = runModule(object(name), options);
    owned.running.push(running);
    return running;
  };
  const socket = (name: string) => join(at.root, `${name}.sock`);
  const serve = async (server: Server, name: string) => {
    owned.servers.push(server);
    await once(server.listen(socket(name)), 'listening');
    return socket(name);
  };

  describe('pv-example-wasm', () => {
    const folder = (name: string) => {
      const path = join(at.root, name);
      mkdirSync(path);
      return path;
    };
    const run = (...options: string[]) => start('pv-example-wasm', { options });
    /** Starts it, and ends it when it says that it is there. */
    const runs = async (path: string) => {
      const running = run('--dir', `/data:${path}`);
      await running.says('still here\n');
      await running.kill();
      return running.said();
    };

    it('says its arguments and its environment, and again that it is there', async () => {
      const running = start('pv-example-wasm', { options: ['--env', 'GREETING=hello', '--env', 'PLACE=Zürich'], args: ['--verbose', 'two words'] });
      await running.says('still here\nstill here\n');
      expect(running.said()).toMatch(/\nargument 1: --verbose\nargument 2: two words\nenvironment: GREETING=hello\nenvironment: PLACE=Zürich\nstill here\n/);
    });

    it('counts its starts in the volume, whole or not at all', async () => {
      const path = folder('counted');
      for (const count of [1, 2, 3]) expect(await runs(path)).toContain(`WebAssembly example starting (run #${count})\n`);
      expect(Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(join(path, name), 'utf8')]))).toEqual({ count: '3\n' });
    });

    it('starts to count again where there is no number', async () => {
      const path = folder('spoilt');
      writeFileSync(join(path, 'count'), 'many');
      expect(await runs(path)).toContain('(run #1)');
    });

    it('runs on when it cannot count, and says so', async () => {
      await run().says('There is no volume at /data: starts are not counted.\nWebAssembly example starting (run #1)\n');
      await run('--dir', `/data:${folder('read-only')}:readonly`).says('Writing to /data failed: errno 76\nWebAssembly example starting (run #1)\n');
    });
  });

  it('pv-example-wasm-crash ends with a trap', async () => {
    const running = start('pv-example-wasm-crash');
    expect(await running.ended).toBe(134);
    expect(running.said()).toMatch(/^WebAssembly crash test starting\.\.\.\nCrashing now!\n[\s\S]*unreachable/);
  });

  describe('pv-example-wasm-client', () => {
    const client = (path: string) => start('pv-example-wasm-client', { args: [path] });
    const answering = (answer: (socket: Socket) => void) => createServer((socket) => void socket.on('error', () => undefined).once('data', () => answer(socket)));

    it('asks an HTTP server again and again, and shows what it answers', async () => {
      const requests: unknown[] = [];
      const path = await serve(createHttpServer(({ method, url, httpVersion, headers }, response) => {
        requests.push([method, url, httpVersion, headers]);
        const body = `{"asked": ${requests.length}, "in": "Zürich"}\n`;
        response.writeHead(200, { 'content-length': Buffer.byteLength(body) }).end(body);
      }), 'http');
      await client(path).says([1, 2].map((count) => `--- Requesting info from network-manager service via ${path} ---\n{"asked": ${count}, "in": "Zürich"}\n`).join(''));
      expect(requests[0]).toEqual(['GET', '/info', '1.1', { host: 'localhost', connection: 'close' }]);
    });

    it('puts an answer together that comes in parts', async () => {
      const path = await serve(answering((socket) => {
        socket.write('HTTP/1.0 200 OK\r\n\r');
        setImmediate(() => socket.end('\nbody'));
      }), 'parts');
      await client(path).says('---\nbody\n');
    });

    it('looks at 16 KiB of an answer, and goes on', async () => {
      const path = await serve(answering((socket) => socket.end(`HTTP/1.0 200 OK\r\n\r\n${'x'.repeat(1_000_000)}`)), 'much');
      const running = client(path);
      await running.says('xxx\n---');
      expect(/x+/.exec(running.said().split('---\n')[1] ?? '')?.[0]).toHaveLength(16 * 1024 - 'HTTP/1.0 200 OK\r\n\r\n'.length);
    });

    it('waits for a socket that is not there yet', async () => {
      const running = client(socket('late'));
      await running.says(`Socket ${socket('late')} not found!\n`);
      await serve(answering((answered) => answered.end('HTTP/1.0 200 OK\r\n\r\nhere now')), 'late');
      await running.says('here now\n');
    });

    it('says what went wrong, and goes on', async () => {
      const silent = await serve(createServer((socket) => void socket.on('error', () => undefined)), 'silent');
      const closing = await serve(answering((socket) => socket.end()), 'closing');
      const strange = await serve(answering((socket) => socket.end('220 mail.example\r\n')), 'strange');
      const file = socket('file');
      writeFileSync(file, '');
      await Promise.all([
        client(silent).says(`The service did not answer: errno 73\n--- Requesting info from network-manager service via ${silent} ---\n`),
        client(closing).says('The service did not answer with HTTP.\n---'),
        client(strange).says('The service did not answer with HTTP.\n---'),
        client(file).says(`Connecting to ${file} failed: errno 14\n---`),
        client(`/tmp/${'long'.repeat(30)}`).says('failed: errno 37\n---'),
      ]);
    });
  });

  describe('pv-example-wasm-server', () => {
    const server = async (name: string) => {
      const running = start('pv-example-wasm-server', { args: [socket(name)] });
      await running.says(`WebAssembly echo server on ${socket(name)}\n`);
      return running;
    };
    const echoed = async (name: string, bytes: Buffer) => {
      const client = connect({ path: socket(name), allowHalfOpen: true }).end(bytes);
      return Buffer.concat(await client.toArray() as Buffer[]);
    };

    it('gives each client back what it sent, byte for byte', async () => {
      await server('echo');
      for (const text of ['one', 'two', '']) expect((await echoed('echo', Buffer.from(text))).toString()).toBe(text);
      const much = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
      expect((await echoed('echo', much)).equals(much)).toBe(true);
    });

    it('serves the next when a client went in the middle', async () => {
      await server('gone');
      const rude = connect(socket('gone'));
      rude.write(Buffer.alloc(2_000_000));
      await once(rude, 'data');
      rude.destroy();
      expect((await echoed('gone', Buffer.from('next'))).toString()).toBe('next');
    });

    it('ends with 1, and the reason, where it cannot listen', async () => {
      writeFileSync(socket('taken'), '');
      const running = start('pv-example-wasm-server', { args: [socket('taken')] });
      expect(await running.ended).toBe(1);
      expect(running.said()).toBe(`Listening on ${socket('taken')} failed: errno 3\n`);
    });
  });
});
