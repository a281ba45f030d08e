/** The Debian packages, on a bare Debian: installed, used, and taken away again. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exampleExports } from '@pv/testkit/example-exports';
import { waitFor } from '@pv/testkit/wait-for';
import { describe, expect, it } from 'vitest';
import { writeDebianPackages } from '../../scripts/release/debian/packages.ts';
import { natives } from '../../scripts/release/native.ts';
import { programs } from '../../scripts/release/programs.ts';
import { release } from '../../scripts/release/release.ts';
import { installing, packageNames as names, useDebianPackages } from '../kit/debian-packages.ts';
import type { DebianRoot } from '../kit/debian-root.ts';

const { out, box, root: withPackages } = useDebianPackages();
const install = (root: DebianRoot, ...packages: readonly string[]) => root.run(...installing(...packages));

it('are the same bytes when they are made again, and have sums that hold', async () => {
  const again = mkdtempSync(join(tmpdir(), 'pv-debs-'));
  try {
    const files = await writeDebianPackages(again, 0);
    expect(files.length).toBe(programs.length + natives.filter(({ debian }) => debian !== undefined).length);
    expect(files.filter((file) => !readFileSync(join(again, file)).equals(readFileSync(join(out, file))))).toEqual([]);
    expect(execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS-deb'], { cwd: again, encoding: 'utf8' })).toBe(files.toSorted().map((file) => `${file}: OK\n`).join(''));
  } finally {
    rmSync(again, { recursive: true });
  }
});

describe.each([['Debian 13', 'debian'], ['Debian 12, with Node from elsewhere', 'debian-12']] as const)('all of them, on %s,', (_system, debian) => {
  const roots: { root?: DebianRoot; before: string[] } = { before: [] };
  const root = (): DebianRoot => roots.root ?? expect.fail('no root');
  const log = '/var/pantavisor/storage/logs/0/pantavisor/pantavisor.log';

  it('install, with what they need, and no file of another package', async () => {
    roots.root = await withPackages(`all-${debian}`, debian);
    roots.before = await root().paths();
    expect(await install(root(), ...names)).toMatchObject({ code: 0, stderr: '' });
    expect(await root().must('dpkg', '--audit', ...names)).toBe('');
    expect(await root().must('dpkg', '--verify', ...names)).toBe('');
    for (const { name, files } of programs) expect(await root().must('dpkg', '-L', name)).toContain(files.map((path) => `/${path}`).at(-1));
  });

  it('run', async () => {
    for (const { name } of programs) expect(await root().must(name, '--version')).toBe(`${name} ${release.version}\n`);
  });

  it('run containers, started and stopped by the SysV script, and go on while the packages are installed again', async () => {
    const { path } = await exampleExports();
    // Another root of this file has used it.
    await root().must('find', '/var/pantavisor/storage', '-mindepth', '1', '-delete');
    await root().bring('usr/lib/pantavisor/pvtx.d', path('pv-example-app'), path('pv-example-unix-server'), path('pv-example-unix-client'));
    // Of a run before a crash; process 1 is another program.
    await root().must('sh', '-c', 'echo 1 >/run/pv-appengine.pid');
    expect(await root().run('/etc/init.d/pv-appengine', 'status')).toEqual({ code: 3, stdout: 'pv-appengine does not run\n', stderr: '' });
    await root().must('/etc/init.d/pv-appengine', 'start');
    const told = async (): Promise<string> => (await root().run('cat', log)).stdout;
    await waitFor(async () => (await told()).includes('status is now READY'), { what: 'READY', timeoutMs: 60_000, detail: () => box().log() ?? 'no log' });
    expect(await root().must('/etc/init.d/pv-appengine', 'status')).toMatch(/^pv-appengine runs, pid \d+\n$/);
    const listed = JSON.parse(await root().must('pvcontrol', 'ls')) as { name: string; status: string }[];
    expect(listed.map(({ name, status }) => [name, status]).sort()).toEqual(['pv-example-app', 'pv-example-unix-client', 'pv-example-unix-server'].map((name) => [name, 'STARTED']));
    expect(JSON.parse(await root().must('pvcontrol', 'buildinfo'))).toMatchObject({ version: release.version, source: null });
    expect(await root().must('pventer', '-c', 'pv-example-app', 'echo', 'from inside')).toBe('from inside\n');
    await waitFor(async () => (await told()).includes('Link established: pv-example-unix-client/raw-unix'), { what: 'the link', detail: () => box().log() ?? 'no log' });
    const running = await root().must('cat', '/run/pv-appengine.pid');
    await root().must('/etc/init.d/pv-appengine', 'start');
    expect(await install(root(), ...names)).toMatchObject({ code: 0, stderr: '' });
    expect([await root().must('cat', '/run/pv-appengine.pid'), box().pidsOf('pv-appengine').length]).toEqual([running, 1]);
    await root().must('/etc/init.d/pv-appengine', 'stop');
    expect((await root().run('/etc/init.d/pv-appengine', 'status')).code).toBe(3);
    expect(box().pidsOf('pv-core')).toEqual([]);
  });

  it('are taken away again, the runtime stopped first, and leave nothing of theirs', async () => {
    await root().must('/etc/init.d/pv-appengine', 'start');
    await waitFor(() => box().pidsOf('pv-core').length === 1, { what: 'pv-core' });
    await root().must('rm', '-r', '/usr/lib/pantavisor/pvtx.d');
    expect(await root().run('dpkg', '--purge', ...names)).toMatchObject({ code: 0, stderr: '' });
    expect(box().pidsOf('pv-core')).toEqual([]);
    expect(await root().paths()).toEqual(roots.before);
  });
});

describe('dpkg refuses', () => {
  it('a program without those of ours that it needs', async () => {
    const root = await withPackages('alone');
    const { code, stderr } = await install(root, 'pv-core');
    expect([code, stderr]).toEqual([1, expect.stringContaining(`pv-core depends on pv-ctrl (= ${release.version})`)]);
  });

  it('an older Node, such as that of Debian 12', async () => {
    const root = await withPackages('old');
    await root.must('sed', '-i', '/^Package: nodejs$/,/^$/s/^Version: .*/Version: 18.20.4+dfsg-1~deb12u1/', '/var/lib/dpkg/status');
    const { code, stderr } = await install(root, 'pvcontrol');
    expect([code, stderr]).toEqual([1, expect.stringContaining('pvcontrol depends on nodejs (>= 20.19)')]);
  });
});
