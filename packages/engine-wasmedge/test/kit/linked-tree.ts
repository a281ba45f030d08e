/** A tree of WasmEdge of a test's own, to be changed. */
import { linkSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findRuntime } from '../../src/runtime.ts';

/** One of its libraries, in the tree. */
export const libz = 'usr/lib/x86_64-linux-gnu/libz.so.1';

/** Of the files of the runtime in `tree`, at `root`, on the same file system; without a second copy of the large ones. */
export async function linkedTree(tree: string, root: string): Promise<string> {
  const found = await findRuntime(tree);
  if (found.kind === 'unusable') throw new Error(found.reason);
  for (const { target } of found.runtime.files) {
    mkdirSync(dirname(join(root, target)), { recursive: true });
    linkSync(realpathSync(join(tree, target)), join(root, target));
  }
  return root;
}
