/** What drm.test.ts asks, on version 2 control groups alone. */
import { resolve } from 'node:path';
import { runInLayout } from '@pv/testkit/cgroup-layout';
import { expect, test } from 'vitest';

const project = resolve(import.meta.dirname, '../../../../..');

test('7.2-13 on version 2 control groups alone, devices come, are allowed, and go as on version 1', () => {
  const vitest = [process.execPath, 'node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', '--reporter', 'dot', 'apps/pv-xconnect/test/plugins/drm/drm.test.ts'];
  const { status, stdout, stderr } = runInLayout('unified', vitest, { cwd: project, timeoutMs: 85_000 });
  expect(status, `${stdout}\n${stderr}`).toBe(0);
  expect(stdout).toMatch(/Tests.*passed/);
});
