import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerName, RevisionName } from '@pv/contract/names';
import { places as placesOf } from '@pv/runtime/places';
import type { ContainerModel, Volume } from '@pv/state/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVolumes, removeEmpty } from '../../src/storage/volumes.ts';
import { useTemporaryRoot } from '../kit/supervised.ts';

const root = useTemporaryRoot();
const web = 'web' as ContainerName;
const places = () => placesOf({ run: join(root.dir, 'run'), storage: join(root.dir, 'storage') });
const container = (...volumes: Volume[]) => ({ name: web, type: 'lxc', volumes }) as unknown as ContainerModel;
const image: Volume = { name: 'root.squashfs', kind: 'image', fsType: 'squashfs' };
const mounts = () => readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter((line) => line.includes(root.dir));
const volumes = () => createVolumes(places(), '0' as RevisionName);

beforeEach(() => {
  mkdirSync(join(root.dir, 'tree'));
  writeFileSync(join(root.dir, 'tree/hello'), 'from the image');
  mkdirSync(join(places().trail('0'), 'web'), { recursive: true });
  execFileSync('mksquashfs', [join(root.dir, 'tree'), join(places().trail('0'), 'web/root.squashfs'), '-quiet', '-no-progress'], { stdio: 'ignore' });
});
afterEach(() => {
  volumes().unmountAll(web);
});

describe('volumes', () => {
  it('are mounted once, however often they are asked for, and leave nothing', () => {
    const all = container(image, { name: 'data', kind: 'permanent' });
    volumes().mountAll(all);
    volumes().mountAll(all);
    expect(mounts()).toHaveLength(3);
    expect(readFileSync(join(places().volumes, 'web/root.squashfs/hello'), 'utf8')).toBe('from the image');
    volumes().unmountAll(web);
    expect(mounts()).toEqual([]);
    expect(existsSync(join(places().volumes, 'web'))).toBe(false);
    expect(execFileSync('losetup', ['-a'], { encoding: 'utf8' })).not.toContain(root.dir);
  });

  it('of an image are read-only; boot ones are empty at each start; permanent ones last', () => {
    const all = container(image, { name: 'fresh', kind: 'boot' }, { name: 'lasting', kind: 'permanent' }, { name: 'rev', kind: 'revision' });
    volumes().mountAll(all);
    const at = (volume: string) => join(places().volumes, 'web', volume);
    expect(() => writeFileSync(join(at('root.squashfs'), 'x'), '')).toThrow(/EROFS/);
    for (const volume of ['fresh', 'lasting', 'rev']) writeFileSync(join(at(volume), 'file'), volume);
    volumes().unmountAll(web);
    volumes().mountAll(all);
    expect(readdirSync(at('fresh'))).toEqual([]);
    expect(readFileSync(join(at('lasting'), 'file'), 'utf8')).toBe('lasting');
    expect(readFileSync(join(places().storage, 'disks/rev/0/web/rev/file'), 'utf8')).toBe('rev');
  });

  it('are never emptied: what is still mounted keeps its data', () => {
    const parent = join(places().volumes, 'web');
    const data = join(root.dir, 'data');
    mkdirSync(join(parent, 'kept'), { recursive: true });
    mkdirSync(data);
    writeFileSync(join(data, 'precious'), '');
    execFileSync('mount', ['--bind', data, join(parent, 'kept')]);
    removeEmpty(parent);
    expect(existsSync(join(data, 'precious'))).toBe(true);
  });

  it('name the volume that could not be mounted', () => {
    writeFileSync(join(places().trail('0'), 'web/root.squashfs'), 'this is no image');
    expect(() => volumes().mountAll(container(image))).toThrow(/^volume root\.squashfs could not be mounted: /);
  });
});
