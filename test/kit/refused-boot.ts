/** A boot of manifests that should not start anything: what pv-appengine says, and a storage that is empty again. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { containerConf } from '@pv/examples/manifest';
import { writePvrExport } from '@pv/examples/pvrexport';
import type { Box } from '@pv/testkit/box/box';
import type { CommandResult } from '@pv/testkit/box/command';
import { program, storage } from '@pv/testkit/box/project';
import { expect } from 'vitest';

/** `documents`: keys of the state with their JSON. Each of `containers` gets an image and a configuration. `folder`: a new name in the box's own directory. */
export async function bootDocuments(box: Box, folder: string, containers: readonly string[], documents: Readonly<Record<string, unknown>>, env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
  const dir = join(box.dir, folder);
  mkdirSync(dir);
  const files = Object.fromEntries(containers.flatMap((name) => [[`${name}/lxc.container.conf`, Buffer.from(containerConf)], [`${name}/root.squashfs`, Buffer.from('no image')]]));
  await writePvrExport(join(dir, 'hostile.pvrexport.tgz'), { documents, files }, 0);
  return box.exec([program('pv-appengine'), '--pvtx-dir', dir], { timeoutMs: 20_000, env });
}

/** Nothing was left in the box, and the next boot is a first one again. */
export async function expectNothingLeft(box: Box): Promise<void> {
  expect(box.leaks()).toEqual([]);
  expect((await box.exec(['find', storage, '-mindepth', '1', '-delete'])).code).toBe(0);
}
