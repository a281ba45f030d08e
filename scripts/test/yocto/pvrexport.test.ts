import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { examples } from '@pv/examples/build';
import { type Args, renderRunJson } from '@pv/examples/manifest';
import { installFirstBoot } from '@pv/storage/first-boot';
import { project } from '@pv/testkit/box/project';
import { expect, it, onTestFinished } from 'vitest';

const script = join(project, 'recipes', 'scripts', 'pvrexport.py');

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'pv-export-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  writeFileSync(join(path, 'root.squashfs'), 'a file system');
  writeFileSync(join(path, 'lxc.container.conf'), 'lxc.init.cmd = /start\n');
  return path;
}

function options(work: string, name: string, args: string, out = 'out.tgz'): string[] {
  return [script, '--name', name, '--args', args, '--config', join(work, 'lxc.container.conf'), '--root', join(work, 'root.squashfs'), '--out', join(work, out)];
}

const lxcExamples = Object.entries(examples).filter(([, { wasm }]) => wasm === undefined);

it.each(lxcExamples)('%s: the state is the one that the builder of the examples writes', (name, { verbatim = [] }) => {
  const work = folder();
  const path = join(project, 'packages/examples/containers', name, 'args.json');
  execFileSync('python3', [...options(work, name, path), ...verbatim.flatMap((key) => ['--verbatim', key])]);
  const state = JSON.parse(execFileSync('tar', ['-xOzf', join(work, 'out.tgz'), 'json'], { encoding: 'utf8' })) as Record<string, unknown>;
  const args = JSON.parse(readFileSync(path, 'utf8')) as Args;
  expect(JSON.stringify(state[`${name}/run.json`])).toBe(JSON.stringify(renderRunJson(name, args, verbatim)));
  expect(state[`${name}/src.json`]).toEqual({ '#spec': 'service-manifest-src@1', args, template: 'builtin-lxc-docker' });
});

it('the first boot installs it', async () => {
  const work = folder();
  const services = join(project, 'packages/examples/containers/pv-example-unix-server/services.json');
  mkdirSync(join(work, 'pvtx.d'));
  writeFileSync(join(work, 'args.json'), '{"PV_GROUP":"app"}');
  execFileSync('python3', [...options(work, 'web', join(work, 'args.json'), 'pvtx.d/web.tgz'), '--services', services]);
  await expect(installFirstBoot({ storage: join(work, 'storage'), exportsDir: join(work, 'pvtx.d') })).resolves.toEqual({ kind: 'installed', exports: ['web.tgz'] });
  expect(readFileSync(join(work, 'storage/trails/0/web/root.squashfs'), 'utf8')).toBe('a file system');
  expect(JSON.parse(readFileSync(join(work, 'storage/trails/0/web/services.json'), 'utf8'))).toEqual(JSON.parse(readFileSync(services, 'utf8')));
});

it('the same input gives the same bytes', () => {
  const work = folder();
  writeFileSync(join(work, 'args.json'), '{"PV_GROUP":"app"}');
  for (const out of ['1.tgz', '2.tgz']) execFileSync('python3', options(work, 'web', join(work, 'args.json'), out));
  expect(readFileSync(join(work, '1.tgz')).equals(readFileSync(join(work, '2.tgz')))).toBe(true);
});

it.each([
  ['a key that run.json has no place for', '{"PV_GRUOP":"app"}', 'unknown keys PV_GRUOP\n'],
  ['what is not JSON', '{', 'not JSON: Expecting property name'],
  ['what is not text', Buffer.from([0xff]), 'not JSON: \'utf-8\' codec'],
  ['a list', '["PV_GROUP"]', '$: must be an object\n'],
])('%s is refused, with the name of the file, and nothing is written', (_, args, message) => {
  const work = folder();
  writeFileSync(join(work, 'args.json'), args);
  const { status, stderr } = spawnSync('python3', options(work, 'web', join(work, 'args.json')), { encoding: 'utf8' });
  expect([status, stderr]).toEqual([1, expect.stringContaining(`pvrexport: ${join(work, 'args.json')}: ${message}`)]);
  expect(() => readFileSync(join(work, 'out.tgz'))).toThrow('ENOENT');
});

it('a file that is not there is named', () => {
  const work = folder();
  rmSync(join(work, 'root.squashfs'));
  writeFileSync(join(work, 'args.json'), '{}');
  const { status, stderr } = spawnSync('python3', options(work, 'web', join(work, 'args.json')), { encoding: 'utf8' });
  expect([status, stderr]).toEqual([1, expect.stringContaining(`No such file or directory: '${join(work, 'root.squashfs')}'`)]);
});
