/** Our Debian packages, made for a test file, in a folder that its box sees. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Box } from '@pv/testkit/box/box';
import { type BoxOptions, startBox } from '@pv/testkit/box/start-box';
import { afterAll, beforeAll, expect } from 'vitest';
import { writeDebianPackages } from '../../scripts/release/debian/packages.ts';
import { programs } from '../../scripts/release/programs.ts';
import { release } from '../../scripts/release/release.ts';
import { type Debian, type DebianRoot, debianRoot } from './debian-root.ts';

/** Of all that a machine of this architecture installs. */
export const packageNames = [...programs.map(({ name }) => name), 'pv-native'];

const architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();

export function packageFile(name: string): string {
  return `${name}_${release.version}_${name === 'pv-native' ? architecture : 'all'}.deb`;
}

export interface Packages {
  /** The folder of the files. */
  readonly out: string;
  readonly box: () => Box;
  /** A root with the files in /debs, none installed. `name`: of one root among several. */
  root(name: string, debian?: Debian): Promise<DebianRoot>;
}

export function useDebianPackages(options: BoxOptions = {}): Packages {
  const out = mkdtempSync(join(tmpdir(), 'pv-debs-'));
  const state: { box?: Box } = {};
  const box = (): Box => state.box ?? expect.fail('no box');
  beforeAll(async () => {
    await writeDebianPackages(out, 0);
    state.box = await startBox({ ...options, share: [out] });
  });
  afterAll(async () => {
    rmSync(out, { recursive: true });
    await state.box?.stop();
  });
  const root = async (name: string, debian: Debian = 'debian'): Promise<DebianRoot> => {
    const made = await debianRoot(box(), name, debian);
    await made.bring('debs', ...packageNames.map((each) => join(out, packageFile(each))));
    return made;
  };
  return { out, box, root };
}

/** The arguments of dpkg that install them. */
export function installing(...names: readonly string[]): string[] {
  return ['dpkg', '-i', ...names.map((name) => `/debs/${packageFile(name)}`)];
}
