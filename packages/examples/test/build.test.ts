import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildExamples, examples } from '../src/build.ts';
import { renderRunJson } from '../src/manifest.ts';

const at = { dir: '' };
beforeEach(() => void (at.dir = mkdtempSync(join(tmpdir(), 'pv-build-'))));
afterEach(() => rmSync(at.dir, { recursive: true, force: true }));

describe('buildExamples', () => {
  it('gives the same bytes twice', async () => {
    const names = ['pv-example-app', 'pv-example-unix-server'];
    const [first, second] = [await buildExamples({ out: join(at.dir, 'a'), names }), await buildExamples({ out: join(at.dir, 'b'), names })];
    for (const [index, path] of first.entries()) expect(readFileSync(second[index] ?? '').equals(readFileSync(path))).toBe(true);
  });

  it('writes an export whose objects carry their own hashes and whose image holds the start script', async () => {
    const [path = ''] = await buildExamples({ out: at.dir, names: ['pv-example-unix-server'] });
    execFileSync('tar', ['-xzf', path, '-C', at.dir]);
    const state = JSON.parse(readFileSync(join(at.dir, 'json'), 'utf8')) as Record<string, string>;
    for (const key of ['root.squashfs', 'lxc.container.conf']) {
      const id = state[`pv-example-unix-server/${key}`] ?? '';
      expect(execFileSync('sha256sum', [join(at.dir, 'objects', id)], { encoding: 'utf8' }).split(' ')[0]).toBe(id);
    }
    const image = join(at.dir, 'objects', state['pv-example-unix-server/root.squashfs'] ?? '');
    expect(execFileSync('unsquashfs', ['-cat', image, 'start'], { encoding: 'utf8' })).toContain('Starting raw Unix socket server');
    expect(state['pv-example-unix-server/services.json']).toMatchObject({ services: [{ name: 'raw', type: 'unix', socket: '/run/example/raw.sock' }] });
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

  it('knows every example of the folder', () => {
    expect(Object.keys(examples)).toHaveLength(7);
  });
});
