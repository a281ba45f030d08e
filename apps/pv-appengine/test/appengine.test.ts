/** The real program with a stand-in for pv-core: a script that says how it was called and ends as the test wants. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readProcess } from '@pv/pv-native/process';
import { project } from '@pv/testkit/box/project';
import { type TempRoot, tempRoot } from '@pv/testkit/temp-root';
import { waitFor } from '@pv/testkit/wait-for';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const at = { programs: undefined as TempRoot | undefined, root: undefined as TempRoot | undefined, dir: '', running: [] as ChildProcess[] };
const program = () => join(at.programs?.path ?? '', 'pv-appengine.mjs');

beforeAll(async () => {
  at.programs = tempRoot('pv-appengine-programs');
  mkdirSync(join(at.programs.path, 'node_modules'));
  symlinkSync(join(project, 'packages/pv-native/node_modules/koffi'), join(at.programs.path, 'node_modules/koffi'));
  await build({
    entryPoints: [join(import.meta.dirname, '../src/main.ts')], outfile: program(), bundle: true, platform: 'node', format: 'esm',
    mainFields: ['module', 'main'], external: ['koffi'], define: { PV_VERSION: '"1.2.3"' },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
});
afterAll(() => at.programs?.remove());
beforeEach(() => {
  at.root = tempRoot('pv-appengine');
  at.dir = at.root.path;
  mkdirSync(join(at.dir, 'pvtx.d'));
});
afterEach(async () => {
  for (const child of at.running.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  }
  at.root?.remove();
});

/** `script`: what pv-core does; `calls` in the directory lists its arguments, a line each. */
function appengine(script: string, ...args: string[]) {
  writeFileSync(join(at.dir, 'pv-core.mjs'), `import { appendFileSync, readFileSync } from 'node:fs';
    const dir = ${JSON.stringify(at.dir)};
    appendFileSync(dir + '/calls', process.argv.slice(2).join(' ') + '\\n');
    const run = readFileSync(dir + '/calls', 'utf8').split('\\n').filter((line) => line.includes('--revision')).length;
    if (process.argv.includes('--sweep')) process.exit(0);
    ${script}`);
  const env = { PATH: process.env['PATH'], PV_CORE: join(at.dir, 'pv-core.mjs'), PV_SYSTEM_RUNDIR: join(at.dir, 'run'), PV_STORAGE_MNTPOINT: join(at.dir, 'storage'), PV_PVTXD: join(at.dir, 'pvtx.d') };
  const child = spawn(process.execPath, [program(), '-d', '0', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  at.running.push(child);
  const got = { out: '', log: '' };
  child.stdout.on('data', (chunk) => void (got.out += String(chunk)));
  child.stderr.on('data', (chunk) => void (got.log += String(chunk)));
  return { child, got, ended: once(child, 'close') as Promise<[number | null, string | null]> };
}

const calls = (): string[] => (existsSync(join(at.dir, 'calls')) ? readFileSync(join(at.dir, 'calls'), 'utf8').trim().split('\n') : []);
const called = (...wanted: string[]) => waitFor(() => JSON.stringify(calls()) === JSON.stringify(wanted), { what: `the calls ${wanted.join(', ')}`, detail: () => calls().join('\n') });
/** What is in a pipe may arrive after what it led to is seen in a file. */
const said = (got: { readonly log: string }, text: string) => waitFor(() => got.log.includes(text), { what: text, detail: () => got.log });
const cores = (child: ChildProcess) => readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ').map(Number);
const stay = 'setInterval(() => undefined, 1000); process.on("SIGTERM", () => process.exit(0));';

describe('pv-appengine', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('sets the storage up, runs pv-core, and on %s stops it, sweeps and exits 0', async (signal) => {
    const { child, got, ended } = appengine(`${stay} appendFileSync(dir + '/ready', '');`);
    await waitFor(() => existsSync(join(at.dir, 'ready')), { what: 'a running pv-core' });
    expect(calls()).toEqual(['--revision 0']);
    expect(readFileSync(join(at.dir, 'storage/trails/0/.pvr/json'), 'utf8')).toContain('pantavisor-service-system@1');
    child.kill(signal);
    expect(await ended).toEqual([0, null]);
    expect(calls()).toEqual(['--revision 0', '--sweep']);
    expect(got.log.replace(/^\[pvtest\] \d+ /gm, '')).toBe(['first boot: installed nothing as revision 0', 'launching pantavisor rev=0 (try=)', 'told to stop', 'stopped; nothing of this run is left']
      .map((text) => `INFO -- [pv-appengine]: ${text}\n`).join(''));
    expect(readdirSync(join(at.dir, 'run'))).toEqual([]);
  });

  it('starts a crashed pv-core at once, without a sweep', async () => {
    const { got } = appengine(`if (run === 1) process.kill(process.pid, 'SIGKILL'); ${stay}`);
    await called('--revision 0', '--revision 0');
    await said(got, 'WARN -- [pv-appengine]: pantavisor crashed (signal 9); its containers go on');
  });

  it('goes on, and ends in order, when nobody reads what it says any more', async () => {
    const { child, ended } = appengine(`${stay} appendFileSync(dir + '/ready', '');`);
    await waitFor(() => existsSync(join(at.dir, 'ready')), { what: 'a running pv-core' });
    child.stderr.destroy();
    process.kill(cores(child)[0] ?? expect.fail('no pv-core'), 'SIGKILL');
    await called('--revision 0', '--revision 0');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(readdirSync(join(at.dir, 'run'))).toEqual([]);
  });

  it('sweeps between a reboot and the next boot', async () => {
    appengine(`if (run === 1) process.exit(0); ${stay}`);
    await called('--revision 0', '--sweep', '--revision 0');
  });

  it('ends after a power-off with 0, and with the status of a pv-core that cannot run; nothing is left', async () => {
    expect(await appengine('process.exit(3)').ended).toEqual([0, null]);
    const { ended, got } = appengine('process.exit(7)');
    expect(await ended).toEqual([7, null]);
    expect(got.log).toContain('ERROR -- [pv-appengine]: pv-core cannot run (exit code 7)');
    expect(calls()).toEqual(['--revision 0', '--sweep', '--revision 0', '--sweep']);
  });

  it('boots the committed revision', async () => {
    await appengine(stay, '-m').ended;
    writeFileSync(join(at.dir, 'storage/boot/uboot.txt'), 'pv_rev=locals/new\0\0');
    appengine(stay);
    await called('--revision locals/new');
  });

  it('only sets up with -m, and says so the second time', async () => {
    expect(await appengine(stay, '-m').ended).toEqual([0, null]);
    const { ended, got } = appengine(stay, '-m');
    expect(await ended).toEqual([0, null]);
    expect(got.log).toContain('is set up already');
    expect(calls()).toEqual([]);
  });

  it('refuses a second instance', async () => {
    const first = appengine(stay);
    await called('--revision 0');
    const second = appengine(stay);
    expect(await second.ended).toEqual([1, null]);
    expect(second.got.log).toContain(`another pv-appengine (pid ${first.child.pid}) runs with ${join(at.dir, 'run')}: stop it, or set PV_SYSTEM_RUNDIR`);
    expect(first.child.exitCode).toBeNull();
  });

  it('lets pv-core run on when it is killed itself, and the next one takes over without a sweep', async () => {
    const first = appengine(stay);
    await called('--revision 0');
    const [core = 0] = cores(first.child);
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    expect(readProcess(core)?.state).toMatch(/[RS]/);
    const second = appengine(stay);
    await called('--revision 0', '--revision 0');
    await said(second.got, `an earlier pv-appengine left its pv-core (pid ${core}): taking over; the containers go on`);
    expect(readProcess(core)?.state ?? 'Z').toBe('Z');
  });

  it('waits for those whose parent has ended: they would stay as zombies where process 1 does not', async () => {
    const { child, ended } = appengine(`const { spawn } = await import('node:child_process'); spawn('sh', ['-c', 'sleep 600 & echo $! >"$0/orphan"', dir]); ${stay}`);
    const orphan = await waitFor(() => Number(existsSync(join(at.dir, 'orphan')) && readFileSync(join(at.dir, 'orphan'), 'utf8')) || undefined, { what: 'the orphan' });
    await waitFor(() => readProcess(orphan)?.parent === child.pid, { what: 'the orphan among the children of pv-appengine' });
    process.kill(orphan, 'SIGKILL');
    await waitFor(() => readProcess(orphan) === undefined, { what: 'the end of the orphan', detail: () => JSON.stringify(readProcess(orphan)) });
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('refuses a bad export by name and runs nothing; with a good one in its place the next start is fine', async () => {
    writeFileSync(join(at.dir, 'pvtx.d/bad.tgz'), 'not an archive');
    const { ended, got } = appengine(stay);
    expect(await ended).toEqual([1, null]);
    expect(got.log).toContain('ERROR -- [pv-appengine]: bad.tgz: is not a whole gzip tar archive');
    expect(calls()).toEqual([]);
    writeFileSync(join(at.dir, 'pvtx.d/bad.tgz'), '');
    expect((await appengine(stay, '--pvtx-dir', join(at.dir, 'none')).ended)[0]).toBe(1);
    mkdirSync(join(at.dir, 'empty'));
    appengine(stay, '--pvtx-dir', join(at.dir, 'empty'));
    await called('--revision 0');
  });

  it('says how to go on when there is no pv-core', async () => {
    const child = spawn(process.execPath, [program()], { env: { PATH: process.env['PATH'], PV_SYSTEM_RUNDIR: join(at.dir, 'run'), PV_STORAGE_MNTPOINT: join(at.dir, 'storage'), PV_CORE: '' } });
    const log: string[] = [];
    child.stderr.on('data', (chunk) => log.push(String(chunk)));
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(log.join('')).toContain('pv-core.mjs: install pv-core beside pv-appengine, or name it with PV_CORE');
  });

  it.each(['PV_SYSTEM_RUNDIR', 'PV_STORAGE_MNTPOINT'])('says that %s lies where nothing can be made', async (key) => {
    const child = spawn(process.execPath, [program(), '-m'], { env: { PATH: process.env['PATH'], PV_SYSTEM_RUNDIR: join(at.dir, 'run'), PV_STORAGE_MNTPOINT: join(at.dir, 'storage'), [key]: '/proc/none/below' } });
    const log: string[] = [];
    child.stderr.on('data', (chunk) => log.push(String(chunk)));
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(log.join('')).toContain(`ENOENT: no such file or directory, mkdir '/proc/none'; name another directory with ${key}\n`);
  });

  it('shows help and version, and refuses what it does not know', async () => {
    const help = appengine(stay, '--help');
    expect(await help.ended).toEqual([0, null]);
    expect(help.got.out).toMatch(/^Usage: pv-appengine \[options\]\n/);
    const version = appengine(stay, '--version');
    await version.ended;
    expect(version.got.out).toBe('pv-appengine 1.2.3\n');
    const { ended, got } = appengine(stay, '--nope');
    expect(await ended).toEqual([2, null]);
    expect(got.log).toBe("pv-appengine: Unknown option '--nope'\nTry: pv-appengine --help\n");
  });
});
