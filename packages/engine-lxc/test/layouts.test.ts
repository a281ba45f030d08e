/** The layouts of control groups that this machine does not have. */
import { join } from 'node:path';
import { type CgroupLayout, runInLayout, version1Hierarchies } from '@pv/testkit/cgroup-layout';
import { expect, test } from 'vitest';

const child = join(import.meta.dirname, 'kit', 'layout-child.ts');

function run(layout: CgroupLayout): unknown {
  const { stdout, stderr, status } = runInLayout(layout, [process.execPath, '--import', 'tsx', child, `layout-${layout}`], { timeoutMs: 60_000 });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const same = { exit: { kind: 'exit', code: 3 }, killed: { kind: 'signal', signal: 9 }, lost: 'unknown' };

test('version 2 alone', () => {
  expect(run('unified')).toEqual({ layout: 'CGROUP_UNIFIED', limits: expect.any(Boolean), groups: 2, ...same });
}, 60_000);

test.skipIf(version1Hierarchies.length === 0)('version 1 alone', () => {
  expect(run('legacy')).toEqual({ layout: 'CGROUP_LEGACY', limits: true, groups: 2 * version1Hierarchies.length, ...same });
}, 60_000);
