/** The workflows of a forge call nothing but scripts of ours: what they do can be done here. */
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { project } from '@pv/testkit/box/project';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Workflow {
  readonly on: unknown;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly 'runs-on': string; readonly steps: readonly { readonly run?: string; readonly uses?: string }[] }>>;
}

const folder = join(project, '.github', 'workflows');
const { scripts } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
const read = (file: string): Workflow => parse(readFileSync(join(folder, file), 'utf8')) as Workflow;
const steps = (file: string): { run?: string; uses?: string }[] => Object.values(read(file).jobs).flatMap((job) => job.steps);

describe.each(readdirSync(folder))('the workflow %s', (file) => {
  it('has rights that it names, and steps that are either run or used', () => {
    expect(Object.keys(read(file).permissions)).toEqual(['contents']);
    for (const step of steps(file)) expect([step.run, step.uses].filter((what) => what !== undefined)).toHaveLength(1);
  });

  it('calls scripts that are there', () => {
    for (const { run = '' } of steps(file)) {
      const script = /^npm run (\S+)$/.exec(run)?.[1];
      if (script !== undefined) expect(Object.keys(scripts)).toContain(script);
      if (run.startsWith('.')) accessSync(join(project, run), constants.X_OK);
    }
  });
});

it('the tests are those of everybody, the release what everybody can pack', () => {
  expect(steps('test.yml').flatMap(({ run }) => run ?? [])).toEqual(['.ci/run']);
  expect(steps('release.yml').flatMap(({ run }) => run ?? [])).toEqual(expect.arrayContaining(['npm run pack', 'npm run deb']));
});
