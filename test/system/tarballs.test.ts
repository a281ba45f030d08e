/** What `npm run pack` writes, and that it works where it is unpacked. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Box } from '@pv/testkit/box/box';
import { startBox } from '@pv/testkit/box/start-box';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundledLibraries } from '../../scripts/release/libraries.ts';
import { natives } from '../../scripts/release/native.ts';
import { programs } from '../../scripts/release/programs.ts';
import { buildRelease, release } from '../../scripts/release/release.ts';
import { bomProblems } from '../../scripts/test/release/bom-problems.ts';
import { type DebianRoot, debianRoot } from '../kit/debian-root.ts';

const tables = [...programs.map((program) => ({ file: `${program.name}-${release.version}.tgz`, ...program })), ...natives.map((native) => ({ file: `pv-native-${release.version}-${native.variant}.tgz`, ...native }))];
const bill = `pv-runtime-${release.version}.cdx.json`;
/** Of this machine. */
const native = `pv-native-${release.version}-${process.arch}.tgz`;
const out = mkdtempSync(join(tmpdir(), 'pv-release-'));
const state: { files: Map<string, Buffer>; box?: Box } = { files: new Map() };
const bytesOf = (file: string): Buffer => state.files.get(file) ?? expect.fail(`there is no ${file}`);

beforeAll(async () => {
  state.files = await buildRelease(0);
  for (const [name, bytes] of state.files) writeFileSync(join(out, name), bytes);
  state.box = await startBox({ share: [out] });
});
afterAll(async () => {
  rmSync(out, { recursive: true });
  await state.box?.stop();
});

function box(): Box {
  return state.box ?? expect.fail('no box');
}

async function unpacked(name: string, files: readonly string[]): Promise<DebianRoot> {
  const root = await debianRoot(box(), name);
  for (const file of files) {
    const { code, stderr } = await box().exec(['tar', '--strip-components=1', '-xzf', join(out, file), '-C', root.path]);
    expect([code, stderr]).toEqual([0, '']);
  }
  return root;
}

describe('a release', () => {
  it('consists of these files', () => {
    expect([...state.files.keys()]).toEqual([...tables.map(({ file }) => file), bill, 'SHA256SUMS']);
  });

  it('has the same bytes when it is made again', async () => {
    const again = await buildRelease(0);
    expect([...again].filter(([name, bytes]) => !bytes.equals(bytesOf(name))).map(([name]) => name)).toEqual([]);
  });

  it('has sums that hold', () => {
    expect(execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: out, encoding: 'utf8' }).trimEnd().split('\n').length).toBe(tables.length + 1);
  });

  it('has a bill of materials that is valid by the schema of CycloneDX', async () => {
    expect(await bomProblems(bytesOf(bill).toString())).toBeNull();
  });

  it('takes less than 3 MB for all our programs', () => {
    expect(programs.map(({ name }) => bytesOf(`${name}-${release.version}.tgz`).length).reduce((a, b) => a + b)).toBeLessThan(3_000_000);
  });

  it.each(tables)('$file has the files of the table, and no other', ({ file, files }) => {
    const listed = execFileSync('tar', ['-tz'], { input: bytesOf(file), encoding: 'utf8' }).trimEnd().split('\n');
    expect(listed).toEqual(files.map((path) => `package/${path}`).sort());
  });

  it('has every program of the workspace in the table', () => {
    const { programs: built } = JSON.parse(execFileSync('tar', ['-xzO', 'package/usr/lib/pantavisor/build.json'], { input: bytesOf(`pv-core-${release.version}.tgz`), encoding: 'utf8' })) as { programs: string[] };
    expect(programs.map(({ name }) => name)).toEqual(built);
  });

  it.each(programs)('$name has the licences of what is bundled in it, and these are in the bill of materials', ({ name }) => {
    const copyright = execFileSync('tar', ['-xzO', `package/usr/share/doc/${name}/copyright`], { input: bytesOf(`${name}-${release.version}.tgz`), encoding: 'utf8' });
    const { dependencies } = JSON.parse(bytesOf(bill).toString()) as { dependencies: { ref: string; dependsOn?: string[] }[] };
    const libraries = bundledLibraries(name).map((library) => `${library.name}@${library.version}`);
    expect([...copyright.matchAll(/^--- (\S+) (\S+) \(/gm)].map(([, library, version]) => `${library}@${version}`)).toEqual(libraries);
    expect(dependencies.find(({ ref }) => ref === `${name}@${release.version}`)?.dependsOn ?? []).toEqual(libraries);
  });
});

describe('unpacked over the root of a device', () => {
  it('every program runs, with the koffi of its architecture', async () => {
    const root = await unpacked('all', [...programs.map(({ name }) => `${name}-${release.version}.tgz`), native]);
    for (const { name } of programs) {
      expect(await root.run(name, '--version')).toEqual({ code: 0, stdout: `${name} ${release.version}\n`, stderr: '' });
      expect(await root.run(name, '--help')).toMatchObject({ code: 0, stdout: expect.stringContaining(`Usage: ${name}`), stderr: '' });
    }
  });

  it('what uses koffi says so where it is not, and nothing else needs it', async () => {
    const root = await unpacked('bare', programs.map(({ name }) => `${name}-${release.version}.tgz`));
    for (const { name, needs } of programs) {
      const { code, stderr } = await root.run(name, '--version');
      if (needs.includes('pv-native')) expect([name, code, stderr]).toEqual([name, 1, expect.stringContaining("Cannot find package 'koffi'")]);
      else expect([name, code, stderr]).toEqual([name, 0, '']);
    }
  });

  it('a program runs through a link to it', async () => {
    const root = await unpacked('link', [`pvcontrol-${release.version}.tgz`]);
    await root.must('ln', '-s', '/usr/bin/pvcontrol', '/root/pvc');
    expect(await root.must('/root/pvc', '--version')).toBe(`pvcontrol ${release.version}\n`);
  });
});
