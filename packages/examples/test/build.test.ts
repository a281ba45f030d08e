import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildExamples } from '../src/build.ts';
import { renderRunJson } from '../src/manifest.ts';

const at = { dir: '' };
beforeEach(() => void (at.dir = mkdtempSync(join(tmpdir(), 'pv-build-'))));
afterEach(() => rmSync(at.dir, { recursive: true, force: true }));

describe('buildExamples', () => {
  it('gives the same bytes twice, whatever the umask', async () => {
    const names = ['pv-example-app', 'pv-example-unix-server'];
    const first = await buildExamples({ out: join(at.dir, 'a'), names });
    const umask = process.umask(0o077);
    const second = await buildExamples({ out: join(at.dir, 'b'), names }).finally(() => process.umask(umask));
    for (const [index, path] of first.entries()) expect(readFileSync(second[index] ?? '').equals(readFileSync(path))).toBe(true);
    expect(readdirSync(join(at.dir, 'a'))).toEqual(names.map((name) => `${name}.pvrexport.tgz`));
  });

  it('leaves out by itself what needs a graphics device', async () => {
    const built = await buildExamples({ out: at.dir });
    expect(built.filter((path) => /drm|wayland/.test(path))).toEqual([]);
    expect(built.length).toBeGreaterThan(5);
  });

  it('takes the time from outside', async () => {
    const [path = ''] = await buildExamples({ out: at.dir, names: ['pv-example-app'], sourceDateEpoch: 86_400 });
    expect(execFileSync('tar', ['--utc', '-tvzf', path], { encoding: 'utf8' }).match(/ 1970-01-02 00:00 /g)).toHaveLength(3);
  });

  it('refuses an unknown name and a missing busybox with what to do', async () => {
    await expect(buildExamples({ out: at.dir, names: ['nope'] })).rejects.toThrow(/no such example: nope; there are pv-example-/);
    await expect(buildExamples({ out: at.dir, busybox: join(at.dir, 'none') })).rejects.toThrow(/install the package busybox-static/);
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
