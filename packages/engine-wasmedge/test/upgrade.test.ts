import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { project, tree } from '@pv/testkit/box/project';
import { afterAll, expect, it } from 'vitest';
import { libz, linkedTree } from './kit/linked-tree.ts';
import { wasmEdgeHarness } from './kit/wasmedge-harness.ts';

// On the file system of the tree.
const root = join(project, '.cache', 'test', `wasmedge-upgrade-${process.pid}`);
const harness = wasmEdgeHarness('upgrade', root);
afterAll(async () => {
  await harness.close();
  rmSync(root, { recursive: true, force: true });
});

/** As a package does it: a file of another name, and the link that leads to it. */
function replaceLibrary(from: string, to: string): void {
  renameSync(join(root, from), join(root, to));
  rmSync(join(root, libz), { force: true });
  symlinkSync(basename(to), join(root, libz));
}

it('a runtime that is upgraded goes on to start containers', async () => {
  await linkedTree(tree('wasmedge'), root);
  for (const [from, to] of [[libz, `${libz}.2.13`], [`${libz}.2.13`, `${libz}.3.1`]] as const) {
    replaceLibrary(from, to);
    const result = await harness.engine.start(harness.behaving({ does: 'exit', code: 3 }));
    expect(result.kind === 'running' ? await result.container.ended : result).toEqual({ kind: 'exit', code: 3 });
  }
});
