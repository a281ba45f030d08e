import { chmodSync, copyFileSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { project, tree } from '@pv/testkit/box/project';
import { afterAll, describe, expect, it } from 'vitest';
import { findRuntime } from '../src/runtime.ts';
import { libz, linkedTree } from './kit/linked-tree.ts';

// On the file system of the tree.
const temp = { path: join(project, '.cache', 'test', `wasmedge-runtime-${process.pid}`) };
afterAll(() => rmSync(temp.path, { recursive: true, force: true }));

/** A tree whose wasmedge is this script, with the machine's shell to run it. */
function scripted(name: string, script: string): string {
  const root = join(temp.path, name);
  put(join(root, 'usr/bin/wasmedge'), `#!/bin/busybox sh\n${script}\n`);
  return root;
}

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

const copied = (name: string): Promise<string> => linkedTree(tree('wasmedge'), join(temp.path, name));

const reasonFor = async (root: string): Promise<string> => {
  const found = await findRuntime(root);
  return found.kind === 'unusable' ? found.reason : 'usable';
};

describe('the runtime', () => {
  it('is found with its version and every file it needs', async () => {
    const found = await findRuntime(tree('wasmedge'));
    if (found.kind === 'unusable') throw new Error(found.reason);
    expect(found.runtime).toMatchObject({ program: '/usr/bin/wasmedge', version: '0.14.1' });
    const targets = found.runtime.files.map(({ target }) => target);
    for (const name of [/^\/usr\/bin\/wasmedge$/, /\/ld-linux/, /\/libwasmedge\.so/, /\/libc\.so/]) expect(targets.filter((target) => name.test(target))).toHaveLength(1);
    expect(found.runtime.files.every(({ source }) => source.startsWith(`${tree('wasmedge')}/`))).toBe(true);
  });

  it('that is not there is told with the package and the setting', async () => {
    expect(await reasonFor(temp.path)).toBe(`wasmedge is not installed below ${temp.path}: install the package wasmedge, 0.14 or newer, or set PV_WASMEDGE_ROOT to the tree that has it`);
    expect(await reasonFor('/no/such/tree')).toContain('wasmedge is not installed below /no/such/tree');
  });

  it('that does not run is told with its own words', async () => expect(await reasonFor(scripted('broken', 'exit 1'))).toContain('does not work: '));

  it('that is too old is told what is needed', async () => {
    const root = scripted('old', 'echo wasmedge version 0.13.5');
    mkdirSync(join(root, 'bin'));
    copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
    expect(await reasonFor(root)).toBe(`wasmedge 0.13.5 below ${root} is too old: install 0.14 or newer`);
  });

  it('whose library leads out of its tree is refused: the host would follow the link to a file of its own', async () => {
    const root = await copied('stray');
    const library = join(root, libz);
    renameSync(library, join(root, 'libz'));
    symlinkSync('/libz', library);
    expect(await reasonFor(root)).toMatch(/libz\.so\.1, which wasmedge needs, is a link that leads out of .*: make it a relative one$/);
  });

  it('whose library leads into a tree beside it is refused, even if that one is called alike', async () => {
    const [root, beside] = [await copied('tree'), join(temp.path, 'tree-2')];
    for (const folder of [beside, join(root, 'tree-2')]) {
      mkdirSync(folder);
      linkSync(join(root, libz), join(folder, 'libz'));
    }
    rmSync(join(root, libz));
    symlinkSync('../../../../tree-2/libz', join(root, libz));
    expect(await reasonFor(root)).toMatch(/libz\.so\.1, which wasmedge needs, is a link that leads out of .*tree: /);
  });
});
