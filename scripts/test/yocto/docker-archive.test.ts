import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { project } from '@pv/testkit/box/project';
import { expect, it, onTestFinished } from 'vitest';

const script = join(project, 'recipes', 'scripts', 'docker-archive.py');
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'pv-docker-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function options(work: string, out: string): string[] {
  return [script, '--layer', join(work, 'rootfs.tar'), '--arch', 'amd64', '--tag', 'pantavisor-appengine:1.0', '--entrypoint', '/usr/bin/pv-appengine', '--volume', '/var/pantavisor/storage', '--out', join(work, out)];
}

it('holds the layer, and says what to run: the same bytes for the same layer', () => {
  const work = folder();
  execFileSync('tar', ['-cf', join(work, 'rootfs.tar'), '-C', join(project, 'recipes'), 'conf']);
  for (const out of ['1.tar', '2.tar']) execFileSync('python3', options(work, out));
  expect(readFileSync(join(work, '1.tar')).equals(readFileSync(join(work, '2.tar')))).toBe(true);

  const member = (name: string): Buffer => execFileSync('tar', ['-xOf', join(work, '1.tar'), name]);
  const [{ Config, RepoTags, Layers }] = JSON.parse(member('manifest.json').toString()) as [{ Config: string; RepoTags: string[]; Layers: [string] }];
  const layer = readFileSync(join(work, 'rootfs.tar'));
  expect(RepoTags).toEqual(['pantavisor-appengine:1.0']);
  expect(member(Layers[0]).equals(layer)).toBe(true);
  expect(Config).toBe(`${sha256(member(Config))}.json`);
  expect(JSON.parse(member(Config).toString())).toMatchObject({
    architecture: 'amd64', os: 'linux', created: '1970-01-01T00:00:00Z',
    config: { Entrypoint: ['/usr/bin/pv-appengine'], Volumes: { '/var/pantavisor/storage': {} } },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
  });
});

it('a layer that is not there is named, and nothing is written', () => {
  const work = folder();
  const { status, stderr } = spawnSync('python3', options(work, 'out.tar'), { encoding: 'utf8' });
  expect([status, stderr]).toEqual([1, `docker-archive: [Errno 2] No such file or directory: '${join(work, 'rootfs.tar')}'\n`]);
  expect(() => readFileSync(join(work, 'out.tar'))).toThrow('ENOENT');
});
