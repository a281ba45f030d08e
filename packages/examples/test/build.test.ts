import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildExamples, examples, usualNames } from '../src/build.ts';
import { renderRunJson } from '../src/manifest.ts';

const at = { dir: '' };
beforeEach(() => void (at.dir = mkdtempSync(join(tmpdir(), 'pv-build-'))));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(at.dir, { recursive: true, force: true });
});

// Compressors and compilers on a busy machine.
const patience = { timeout: 300_000 };

describe('buildExamples', patience, () => {
  it('gives the same bytes twice, whatever the umask', async () => {
    const names = ['pv-example-app', 'pv-example-unix-server'];
    const first = await buildExamples({ out: join(at.dir, 'a'), names });
    const umask = process.umask(0o077);
    const second = await buildExamples({ out: join(at.dir, 'b'), names }).finally(() => process.umask(umask));
    for (const [index, path] of first.entries()) expect(readFileSync(second[index] ?? '').equals(readFileSync(path))).toBe(true);
    expect(readdirSync(join(at.dir, 'a'))).toEqual(names.map((name) => `${name}.pvrexport.tgz`));
  });

  it('leaves out by itself what needs a graphics device or the hosted bus', () => {
    const others = Object.keys(examples).filter((name) => !usualNames().includes(name));
    expect(others.filter((name) => !/drm|wayland|dbus-host|avahi/.test(name))).toEqual([]);
    expect(usualNames().filter((name) => /drm|wayland|dbus-host|avahi/.test(name))).toEqual([]);
  });

  it('takes the time from outside', async () => {
    const [path = ''] = await buildExamples({ out: at.dir, names: ['pv-example-app'], sourceDateEpoch: 86_400 });
    expect(execFileSync('tar', ['--utc', '-tvzf', path], { encoding: 'utf8' }).match(/ 1970-01-02 00:00 /g)).toHaveLength(3);
  });

  it('refuses an unknown name and a missing busybox with what to do', async () => {
    await expect(buildExamples({ out: at.dir, names: ['nope'] })).rejects.toThrow(/no such example: nope; there are pv-example-/);
    await expect(buildExamples({ out: at.dir, busybox: join(at.dir, 'none') })).rejects.toThrow(/install the package busybox-static/);
  });

  it('without mksquashfs says what to install', async () => {
    vi.stubEnv('PATH', at.dir);
    await expect(buildExamples({ out: at.dir, names: ['pv-example-app'] })).rejects.toThrow('mksquashfs is missing: install the package squashfs-tools');
  });
});

describe('the command', patience, () => {
  const main = (args: readonly string[], env = {}) => spawnSync(process.execPath, ['--import', 'tsx', join(import.meta.dirname, '../src/main.ts'), ...args], { encoding: 'utf8', env: { ...process.env, ...env } });

  it('prints the paths of what it has built', () => {
    expect(main(['--out', at.dir, 'pv-example-app'])).toMatchObject({ status: 0, stdout: `${join(at.dir, 'pv-example-app.pvrexport.tgz')}\n`, stderr: '' });
  });

  it.each([
    ['no place', [], {}, '--out DIR is missing; --help tells all options'],
    ['an unknown name', ['--out', '/nowhere', 'nope'], {}, `no such example: nope; there are ${Object.keys(examples).join(', ')}`],
    ['a time that is none', ['--out', '/nowhere'], { SOURCE_DATE_EPOCH: 'today' }, "SOURCE_DATE_EPOCH is 'today': must be seconds since 1970"],
  ])('refuses %s in one line', (_title, args, env, message) => {
    expect(main(args, env)).toMatchObject({ status: 1, stdout: '', stderr: `build-examples: ${message}\n` });
  });
});

describe('renderRunJson', () => {
  it('renders the template contract', () => {
    expect(renderRunJson('x', { PV_GROUP: 'app', PV_ROLES: ['nobody'], PV_SERVICES_REQUIRED: ['raw'] })).toMatchObject({
      name: 'x', group: 'app', roles: ['nobody'], type: 'lxc', 'root-volume': 'root.squashfs', services: { required: ['raw'], optional: [], manual: [] },
    });
  });

  it('keeps PV_AUTO_RECOVERY when asked to, and refuses unknown keys', () => {
    expect(renderRunJson('x', { PV_AUTO_RECOVERY: { policy: 'always' } }, ['PV_AUTO_RECOVERY'])).toMatchObject({ PV_AUTO_RECOVERY: { policy: 'always' } });
    expect(() => renderRunJson('x', { PV_TYPO: 1 })).toThrow('x/args.json: unknown keys PV_TYPO');
  });
});
