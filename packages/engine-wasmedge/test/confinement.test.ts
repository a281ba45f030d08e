/** What a WebAssembly container can reach, seen from outside and tried from inside. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { machine } from 'node:os';
import { join } from 'node:path';
import type { ContainerEnd, Engine, StartSpec } from '@pv/engine/engine';
import { createFakeEngine } from '@pv/engine/fake';
import { tree } from '@pv/testkit/box/project';
import { afterAll, describe, expect, test } from 'vitest';
import { createWasmEdgeEngine } from '../src/wasmedge-engine.ts';
import { assemble, moduleFor, open, program, say } from './kit/modules.ts';
import { wasmEdgeHarness } from './kit/wasmedge-harness.ts';

const harness = wasmEdgeHarness('conf2');
afterAll(() => harness.close());

async function run(spec: StartSpec): Promise<ContainerEnd | string> {
  const result = await harness.engine.start(spec);
  if (result.kind === 'failed') return result.reason;
  const end = await result.container.ended;
  await harness.engine.sweep(spec);
  return end;
}

const exit = (code: number): ContainerEnd => ({ kind: 'exit', code });
/** Its status is the errno of opening this path below its first directory. */
const opening = (path: string, options?: { create: boolean }): Uint8Array => program(`(call $exit ${open(path, options)})`);
const data = (readOnly = false) => ({ dirs: { '/data': { volume: 'data', read_only: readOnly } } });

describe('seen from outside', () => {
  test('it has namespaces of its own, no capability, no way to gain one, and a root that is read-only', async () => {
    const spec = harness.specOf(moduleFor({ does: 'stay' }), data());
    const result = await harness.engine.start(spec);
    if (result.kind === 'failed') throw new Error(result.reason);
    const { pid } = result.container.init;
    await harness.waitFor(() => harness.consoleOf(spec).includes('ready'), 'ready');
    for (const namespace of ['mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup']) expect(readlinkSync(`/proc/${pid}/ns/${namespace}`)).not.toBe(readlinkSync(`/proc/self/ns/${namespace}`));
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(status).toMatch(new RegExp(`^${set}:\t0{16}$`, 'm'));
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(readFileSync(`/proc/${pid}/net/dev`, 'utf8').trim().split('\n').slice(2).map((line) => line.split(':')[0]?.trim())).toEqual(['lo']);
    const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trim().split('\n').map((line) => line.split(' ')).map(([, , , , point = '', options = '']) => ({ point, options }));
    expect(mounts.find(({ point }) => point === '/')?.options).toMatch(/^ro,nosuid,nodev/);
    const writable = mounts.filter(({ options }) => options.startsWith('rw')).map(({ point }) => point).sort();
    expect(writable).toEqual(['/dev', '/dev/console', '/dev/ptmx', '/dev/pts', '/run', '/volumes/data']);
    expect(readdirSync(`/proc/${pid}/root/proc`)).toEqual([]);
    expect(existsSync(`/proc/${pid}/root/bin/sh`)).toBe(false);
    await result.container.kill();
    await result.container.ended;
  });
});

describe('its directories', () => {
  const [EBADF, ENOENT, EPERM, ENOTCAPABLE] = [8, 44, 63, 76];

  test.each([
    ['a file in its volume', 'cue', false, 0],
    ['a file that is not there', 'other', false, ENOENT],
    ['a path above', '../../etc/passwd', false, EPERM],
    ['an absolute path', '/etc/passwd', false, EPERM],
    ['a link to the root', 'root/etc/passwd', false, EPERM],
    ['a link upwards', 'up/app/app.wasm', false, EPERM],
    ['a new file in its volume', 'new', true, 0],
    ['a new file above', '../new', true, EPERM],
    ['a new file at an absolute path', '/run/new', true, EPERM],
    ['a new file behind a link to the root', 'root/run/new', true, EPERM],
  ])('%s', async (_title, path, create, errno) => {
    const spec = harness.specOf(opening(path, { create }), data());
    const folder = harness.dataOf(spec);
    writeFileSync(join(folder, 'cue'), '');
    symlinkSync('/', join(folder, 'root'));
    symlinkSync('..', join(folder, 'up'));
    expect(await run(spec)).toEqual(exit(errno));
    expect(readdirSync(folder)).toEqual(['cue', ...(create && errno === 0 ? ['new'] : []), 'root', 'up']);
    expect(readdirSync(join(folder, '..'))).toEqual(['data']);
  });

  test('a directory for reading is not written', async () => {
    const spec = harness.specOf(opening('new', { create: true }), data(true));
    expect(await run(spec)).toEqual(exit(ENOTCAPABLE));
    expect(readdirSync(harness.dataOf(spec))).toEqual([]);
  });

  test('a volume it does not name is out of reach', async () => expect(await run(harness.specOf(opening('new', { create: true }), {}))).toEqual(exit(EBADF)));
});

describe('its limits', () => {
  const grow = program('(if (i32.eq (memory.grow (i32.const 64)) (i32.const -1)) (then (call $exit (i32.const 7))))');

  test('memory pages', async () => {
    expect(await run(harness.specOf(grow, { memory_pages: 16 }))).toEqual(exit(7));
    expect(await run(harness.specOf(grow, { memory_pages: 128 }))).toEqual(exit(0));
  });

  test('processes and threads: those of the runtime are enough', async () => expect(await run(harness.specOf(moduleFor({ does: 'exit', code: 0 }), { limits: { pids: 2 } }))).toEqual(exit(0)));

  test('gas', async () => expect(await run(harness.specOf(moduleFor({ does: 'spin' }), { gas: 100_000 }))).toEqual(exit(134)));

  test('time', async () => expect(await run(harness.specOf(moduleFor({ does: 'spin' }), { time_limit_ms: 50 }))).toEqual(exit(134)));

  test('a trap is status 134, and the console says which', async () => {
    const spec = harness.specOf(moduleFor({ does: 'crash' }));
    expect(await run(spec)).toEqual(exit(134));
    expect(harness.consoleOf(spec)).toContain('unreachable');
  });
});

describe('a compiled file', () => {
  const compile = (spec: StartSpec, to: string): string => {
    const folder = spec.program?.folder ?? '';
    const place = join(tree('wasmedge'), 'tmp', spec.name);
    mkdirSync(place, { recursive: true });
    copyFileSync(join(folder, 'app.wasm'), join(place, 'app.wasm'));
    execFileSync('chroot', [tree('wasmedge'), '/usr/bin/wasmedge', 'compile', `/tmp/${spec.name}/app.wasm`, `/tmp/${spec.name}/${to}`], { stdio: 'pipe' });
    copyFileSync(join(place, to), join(folder, to));
    rmSync(place, { recursive: true });
    return createHash('sha256').update(readFileSync(join(folder, 'app.wasm'))).digest('hex');
  };
  const withAot = (spec: StartSpec, aot: object): StartSpec => ({ ...spec, config: { ...spec.config, text: JSON.stringify({ aot }) } });

  test('runs in place of the module', async () => {
    const spec = harness.specOf(program(`${say('compiled\n')} (call $exit (i32.const 5))`));
    const module = compile(spec, 'app.so');
    expect(await run(withAot(spec, { module, files: { [machine()]: 'app.so' } }))).toEqual(exit(5));
    expect(harness.consoleOf(spec)).toContain('compiled');
  });

  test('of another machine leaves the module to be interpreted', async () => {
    const spec = harness.specOf(moduleFor({ does: 'exit', code: 5 }));
    writeFileSync(join(spec.program?.folder ?? '', 'other.so'), 'not for here');
    const module = createHash('sha256').update(moduleFor({ does: 'exit', code: 5 })).digest('hex');
    expect(await run(withAot(spec, { module, files: { vax: 'other.so' } }))).toEqual(exit(5));
  });

  test('of another module is refused, with what to do', async () => {
    const spec = harness.specOf(moduleFor({ does: 'exit', code: 5 }));
    compile(spec, 'app.so');
    expect(await run(withAot(spec, { module: 'a'.repeat(64), files: { [machine()]: 'app.so' } }))).toMatch(/\$\.aot\.module: is not the SHA-256 sum of app\.wasm, which is [0-9a-f]{64}: compile it again$/);
  });
});

describe('refused before it starts', () => {
  const library = assemble('(module (func (export "add")))');
  const foreign = assemble('(module (import "env" "nothing" (func)) (func (export "_start")))');
  test.each([
    ['a truncated module', moduleFor({ does: 'stay' }).subarray(0, 300), {}, /app\.wasm: is cut off/],
    ['what is not WebAssembly', Buffer.from('hello'), {}, /app\.wasm: is not a WebAssembly module/],
    ['a missing import', foreign, {}, /app\.wasm: imports 'env\.nothing', which nothing provides/],
    ['a library', library, {}, /app\.wasm: exports no '_start'/],
    ['WASI where there is none', moduleFor({ does: 'stay' }), { wasi: false }, /app\.wasm: imports 'wasi_snapshot_preview1\.\w+', but its configuration says "wasi": false/],
    ['a compiled file that is not there', moduleFor({ does: 'stay' }), { aot: { module: 'a'.repeat(64), files: { x86_64: 'app.so' } } }, /\$\.aot\.files\.x86_64: the state has no 'app\.so'/],
  ])('%s', (_title, module, config, message) => {
    expect(harness.engine.check(harness.specOf(module, config)).join('\n')).toMatch(message);
  });

  test('a module that cannot be read, with the reason', () => {
    const spec = harness.specOf(library);
    rmSync(join(spec.program?.folder ?? '', 'app.wasm'));
    expect(harness.engine.check(spec)).toEqual([expect.stringMatching(/^trail\/app\.wasm: cannot be read: ENOENT: .*; install the revision again$/)]);
  });

  test('a command line as long as can be runs', async () => {
    const spec = harness.specOf(moduleFor({ does: 'exit', code: 0 }), { args: ['x'.repeat(128 * 1024 - 1)] });
    expect(await run(spec)).toEqual(exit(0));
  });

  test('a module without imports runs without WASI', async () => {
    expect(await run(harness.specOf(assemble('(module (func (export "_start")))'), { wasi: false }))).toEqual(exit(0));
  });

  test('a limit that this machine cannot set, with its place', () => {
    const lxc: Engine = { ...createFakeEngine(), check: ({ config }) => (config.text.includes('memory') ? [":1: lxc.cgroup2.memory.max: this machine has no controller 'memory'"] : []) };
    const engine = createWasmEdgeEngine({ lxc, tree: tree('wasmedge') });
    const spec = harness.specOf(moduleFor({ does: 'stay' }), { limits: { memory: '1M', pids: 4 } });
    expect(engine.check(spec)).toEqual([`${spec.name}/wasmedge.json: $.limits.memory: this machine has no controller 'memory'`]);
  });
});
