/** The real program with a stand-in for pv-core: a script that says how it was called and ends as the test wants. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

const at = { programs: '', dir: '', running: [] as ChildProcess[] };

beforeAll(async () => {
  at.programs = mkdtempSync(join(tmpdir(), 'pv-appengine-programs-'));
  await build({
    entryPoints: [join(import.meta.dirname, '../src/main.ts')], outfile: join(at.programs, 'pv-appengine.mjs'), bundle: true, platform: 'node', format: 'esm',
    mainFields: ['module', 'main'], external: ['koffi'], define: { PV_VERSION: '"1.2.3"' },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
});
afterAll(() => rmSync(at.programs, { recursive: true, force: true }));
beforeEach(() => void (at.dir = mkdtempSync(join(tmpdir(), 'pv-appengine-'))));
afterEach(async () => {
  for (const child of at.running.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  }
  rmSync(at.dir, { recursive: true, force: true });
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
  const child = spawn(process.execPath, [join(at.programs, 'pv-appengine.mjs'), '-d', '0', ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  at.running.push(child);
  const got = { log: '' };
  child.stderr.on('data', (chunk) => void (got.log += String(chunk)));
  return { child, got, ended: once(child, 'exit') as Promise<[number | null, string | null]> };
}
const calls = (): string[] => (existsSync(join(at.dir, 'calls')) ? readFileSync(join(at.dir, 'calls'), 'utf8').trim().split('\n') : []);
const soon = (check: () => void) => vi.waitFor(check, { timeout: 15_000, interval: 20 });
const stay = 'setInterval(() => undefined, 1000); process.on("SIGTERM", () => process.exit(0));';

describe('pv-appengine', () => {
  it('sets the storage up, runs pv-core, and on SIGTERM stops it, sweeps and exits 0', async () => {
    const { child, got, ended } = appengine(stay);
    await soon(() => expect(calls()).toEqual(['--revision 0']));
    expect(readFileSync(join(at.dir, 'storage/trails/0/.pvr/json'), 'utf8')).toContain('pantavisor-service-system@1');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(calls()).toEqual(['--revision 0', '--sweep']);
    expect(got.log).toMatch(/^\[pvtest\] \d+ INFO -- \[pv-appengine\]: first boot: installed nothing as revision 0$/m);
    expect(existsSync(join(at.dir, 'run/appengine.json'))).toBe(false);
  });

  it('starts a crashed pv-core at once, without a sweep', async () => {
    appengine(`if (run === 1) process.kill(process.pid, 'SIGKILL'); ${stay}`);
    await soon(() => expect(calls()).toEqual(['--revision 0', '--revision 0']));
  });

  it('sweeps between a reboot and the next boot', async () => {
    appengine(`if (run === 1) process.exit(0); ${stay}`);
    await soon(() => expect(calls()).toEqual(['--revision 0', '--sweep', '--revision 0']));
  });

  it('ends with 0 after a power-off, and with the status of a pv-core that cannot run', async () => {
    expect(await appengine('process.exit(3)').ended).toEqual([0, null]);
    rmSync(join(at.dir, 'calls'));
    const { ended, got } = appengine('process.exit(1)');
    expect(await ended).toEqual([1, null]);
    expect(got.log).toContain('pv-core cannot run (exit code 1)');
    expect(calls()).toEqual(['--revision 0']);
  });

  it('only sets up with -m, and says so the second time', async () => {
    expect(await appengine(stay, '-m').ended).toEqual([0, null]);
    const { ended, got } = appengine(stay, '-m');
    expect(await ended).toEqual([0, null]);
    expect(got.log).toContain('is set up already');
    expect(calls()).toEqual([]);
  });

  it('refuses a second instance, and takes over from one that was killed', async () => {
    const first = appengine(stay);
    await soon(() => expect(calls()).toHaveLength(1));
    const second = appengine(stay);
    expect(await second.ended).toEqual([1, null]);
    expect(second.got.log).toContain(`another pv-appengine (pid ${first.child.pid}) runs with`);
    const core = Number(readFileSync(`/proc/${first.child.pid}/task/${first.child.pid}/children`, 'utf8').trim());
    first.child.kill('SIGKILL');
    await first.ended;
    appengine(stay);
    await soon(() => expect(calls()).toHaveLength(2));
    process.kill(core, 'SIGTERM');
  });

  it('refuses a bad export by name, and runs nothing', async () => {
    mkdirSync(join(at.dir, 'pvtx.d'));
    writeFileSync(join(at.dir, 'pvtx.d/bad.tgz'), 'not an archive');
    const { ended, got } = appengine(stay);
    expect(await ended).toEqual([1, null]);
    expect(got.log).toContain('bad.tgz: is not a whole gzip tar archive');
    expect(calls()).toEqual([]);
  });

  it('shows help and version, and refuses what it does not know', async () => {
    expect(await appengine(stay, '--help').ended).toEqual([0, null]);
    const { ended, got } = appengine(stay, '--nope');
    expect(await ended).toEqual([2, null]);
    expect(got.log).toContain("Unknown option '--nope'");
  });
});
