/** The thread that mounts, bundled as it is shipped; call once at the top of a test file. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { takeMountSteps } from '@pv/pv-native/mount-into';
import { afterAll, beforeAll } from 'vitest';
import type { TakeMountSteps } from '../../src/mounts/mount-file.ts';
import { bundleFile } from './program.ts';

const app = fileURLToPath(new URL('../..', import.meta.url));

export function bundleMountWorker(): TakeMountSteps {
  const outfile = join(app, 'dist', `test-mount-${process.pid}.mjs`);
  beforeAll(() => bundleFile('mount-worker.ts', outfile));
  afterAll(() => rmSync(outfile, { force: true }));
  return (steps) => takeMountSteps(pathToFileURL(outfile), steps);
}
