/** What the Yocto image type `docker` writes, in a real Docker engine. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Box } from '@pv/testkit/box/box';
import { project } from '@pv/testkit/box/project';
import { startBox } from '@pv/testkit/box/start-box';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Docker, startDocker } from '../kit/docker.ts';

const architecture = { x64: 'amd64', arm64: 'arm64', arm: 'arm' }[process.arch as 'x64' | 'arm64' | 'arm'];
const made: { box?: Box; docker?: Docker } = {};

beforeAll(async () => {
  made.box = await startBox();
  made.docker = await startDocker(made.box);
});
afterAll(async () => {
  await made.docker?.stop();
  await made.box?.stop();
});

it('is loaded, says what it is, and runs its entry point', async () => {
  const { place, output } = made.docker ?? expect.fail('no engine');
  const root = join(place.folder, 'root');
  mkdirSync(join(root, 'bin'), { recursive: true });
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
  chmodSync(join(root, 'bin/busybox'), 0o755);
  for (const applet of ['sh', 'echo']) symlinkSync('busybox', join(root, 'bin', applet));
  execFileSync('tar', ['-cf', join(place.folder, 'rootfs.tar'), '-C', root, '.']);
  const options = ['--layer', 'rootfs.tar', '--arch', architecture, '--tag', 'pantavisor-appengine:1.0', '--entrypoint', '/bin/echo', '--volume', '/var/pantavisor/storage', '--out', 'image.tar'];
  execFileSync('python3', [join(project, 'recipes/scripts/docker-archive.py'), ...options], { cwd: place.folder });
  expect(await output('docker load < image.tar')).toBe('Loaded image: pantavisor-appengine:1.0\n');
  expect(JSON.parse(await output('docker image inspect pantavisor-appengine:1.0'))).toMatchObject([{ Architecture: architecture, Os: 'linux', Config: { Entrypoint: ['/bin/echo'], Volumes: { '/var/pantavisor/storage': {} } } }]);
  expect(await output('docker run --rm --network none pantavisor-appengine:1.0 it runs')).toBe('it runs\n');
});
