/** What the image consists of, made of the real trees and of `dist`. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { project, tree } from '@pv/testkit/box/project';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { baseLayer } from '../../image/base-layer.ts';
import type { Entry } from '../../image/entry.ts';

const base = new Map<string, Entry>();
beforeAll(() => {
  for (const entry of baseLayer(tree('image'))) base.set(entry.path, entry);
});

describe("Debian's part", () => {
  it('has each path once, a directory for each of them, and nobody to become by running a program', () => {
    const entries = baseLayer(tree('image'));
    expect(entries.length).toBe(base.size);
    expect(entries.filter(({ path }) => path.includes('/') && base.get(path.slice(0, path.lastIndexOf('/')))?.type !== 'directory')).toEqual([]);
    expect(entries.filter((entry) => entry.type === 'file' && (entry.mode & 0o6000) !== 0)).toEqual([]);
  });

  it('has the licences of all its packages, and no manual', () => {
    expect([...base.keys()].filter((path) => /^usr\/share\/doc\/[^/]+\/copyright$/.test(path)).length).toBeGreaterThan(80);
    expect([...base.keys()].filter((path) => path.startsWith('usr/share/man/') || path.startsWith('usr/share/locale/'))).toEqual([]);
  });

  it("has busybox's commands where no package has one, and those of packages elsewhere", () => {
    expect(base.get('usr/bin/awk')).toEqual({ path: 'usr/bin/awk', type: 'symlink', target: 'busybox' });
    expect(base.get('usr/bin/sh')).toMatchObject({ type: 'symlink', target: 'dash' });
    expect(base.get('usr/bin/setpriv')).toMatchObject({ type: 'file', mode: 0o755 });
    expect(base.get('var/run')).toMatchObject({ type: 'symlink', target: '/run' });
  });
});

test.each([
  ['--help', 0, 'stdout'],
  ['--nope', 2, 'stderr'],
] as const)('npm run image -- %s tells the options, and makes nothing', (option, status, stream) => {
  const { stdout, stderr, ...ended } = spawnSync(process.execPath, [join(project, 'scripts', 'image.mjs'), option], { encoding: 'utf8' });
  expect(ended.status).toBe(status);
  expect({ stdout, stderr }[stream]).toMatch(/^ {2}--wasmedge {3}\S/m);
  expect(stdout + stderr).not.toContain('==>');
});
