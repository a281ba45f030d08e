/** The program itself, where it cannot begin: one line that says why, and what to do. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useTemporaryRoot } from './kit/supervised.ts';

const root = useTemporaryRoot();
const storage = () => join(root.dir, 'storage');

function core(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const main = join(import.meta.dirname, '../src/main.ts');
  const places = { PV_SYSTEM_RUNDIR: join(root.dir, 'run'), PV_STORAGE_MNTPOINT: storage() };
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', main, ...args], { env: { PATH: process.env['PATH'], ...places, ...env }, encoding: 'utf8', cwd: import.meta.dirname });
  return { status, stderr };
}

describe('pv-core', () => {
  it.each([
    [['--revision', '../x'], "--revision '../x' is not a revision name, such as 0 or locals/test"], [['--nope'], "Unknown option '--nope'"], [['--revision', 'a\n\u001b'], "--revision 'a\\x0a\\x1b' is not"], [['--config', '/no/such/file'], '--config /no/such/file: ENOENT'],
  ])('%s is wrong usage', (args, says) => {
    const { status, stderr } = core(args);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^pv-core: [^\n]+\n(?:Try: pv-core --help\n)?$/)]);
    expect(stderr).toContain(`pv-core: ${says}`);
  });

  it.each([[[]], [['--sweep']]])('%s says that the run directory cannot be made, without a trace', (args) => {
    const file = join(root.dir, 'file');
    writeFileSync(file, '');
    expect(core(args, { PV_SYSTEM_RUNDIR: file })).toEqual({ status: 1, stderr: `pv-core: EEXIST: file already exists, mkdir '${file}'; name other directories with PV_SYSTEM_RUNDIR and PV_STORAGE_MNTPOINT\n` });
  });

  it.each(['PV_SYSTEM_RUNDIR', 'PV_STORAGE_MNTPOINT'])('ends when %s lies where nothing can be made', (key) => {
    expect(core([], { [key]: '/proc/none/below' })).toEqual({ status: 1, stderr: "pv-core: ENOENT: no such file or directory, mkdir '/proc/none'; name other directories with PV_SYSTEM_RUNDIR and PV_STORAGE_MNTPOINT\n" });
  });

  it('says that the storage is read-only', () => {
    mkdirSync(storage());
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'pv-core-test', storage()]);
    const said = core();
    execFileSync('umount', [storage()]);
    expect(said).toEqual({ status: 1, stderr: `pv-core: EROFS: read-only file system, access '${storage()}'; mount it read-write\n` });
  });

  it('says that its log cannot be written', () => {
    mkdirSync(storage());
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'pv-core-test', storage()]);
    writeFileSync(join(storage(), 'full'), Buffer.alloc(4096));
    const { status, stderr } = core();
    execFileSync('umount', [storage()]);
    expect([status, stderr.split('\n')[0]]).toEqual([1, `pv-core: ${join(storage(), 'logs/0/pantavisor/pantavisor.log')} cannot be written, is the disk full? Lines are lost until it can`]);
  });

  it('says that there is no revision', () => {
    expect(core()).toEqual({ status: 1, stderr: expect.stringMatching(/^pv-core: cannot run the revision:\n {2}.*trails\/0\/\.pvr\/json: cannot be read: ENOENT.*; install the revision again\n$/) });
  });
});
