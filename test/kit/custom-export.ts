/** A container made for one test: a script as its init, its manifest, and nothing else. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildExport, type ContainerSource } from '@pv/examples/build';

export interface Custom extends Omit<ContainerSource, 'start'> {
  /** Lines of a busybox sh script. */
  readonly script: string;
}

/** The path of the export, in `dir`. */
export async function customExport(dir: string, { script, ...source }: Custom): Promise<string> {
  mkdirSync(dir, { recursive: true });
  const start = join(dir, `${source.name}.start`);
  writeFileSync(start, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const path = join(dir, `${source.name}.pvrexport.tgz`);
  await buildExport(path, { ...source, start }, '/bin/busybox', 0);
  return path;
}
