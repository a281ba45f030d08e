/** What each test makes is gone after it. */
import { closeSync, openSync } from 'node:fs';
import { tempRoot } from '@pv/testkit/temp-root';
import { onTestFinished } from 'vitest';

export function tempDir(): string {
  const { path, remove } = tempRoot('pv-xconnect');
  onTestFinished(remove);
  return path;
}

/** Made once per use, unlike a pid or a path: container names are machine-wide as cgroups are. */
export const uniqueName = ((): ((stem: string) => string) => {
  let count = 0;
  return (stem) => `xt${process.pid}-${++count}-${stem}`;
})();

export function openPath(path: string): number {
  // O_PATH
  const fd = openSync(path, 0o10000000);
  onTestFinished(() => closeSync(fd));
  return fd;
}
