import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RevisionName } from '@pv/contract/names';
import type { Engine } from '@pv/engine/engine';
import { createWasmEdgeEngine } from '@pv/engine-wasmedge/wasmedge-engine';
import { places as placesOf } from '@pv/runtime/places';
import { tree } from '@pv/testkit/box/project';
import { describe, expect, it } from 'vitest';
import { loadRevision } from '../../src/revision/load.ts';
import { ScriptedEngine } from '../kit/scripted-engine.ts';
import { useTemporaryRoot } from '../kit/supervised.ts';

const root = useTemporaryRoot();

const sha = 'b'.repeat(64);
const state = (type: string) => JSON.stringify({
  '#spec': 'pantavisor-service-system@1', 'web/run.json': { name: 'web', type, config: 'lxc.container.conf', 'root-volume': 'root.squashfs' }, 'web/lxc.container.conf': sha, 'web/root.squashfs': sha,
});

function load(text: string | undefined, files: readonly string[] = ['lxc.container.conf', 'root.squashfs'], wasmEdgeTree = tree('wasmedge')) {
  const places = placesOf({ run: join(root.dir, 'run'), storage: root.dir });
  mkdirSync(join(places.trail('0'), '.pvr'), { recursive: true });
  mkdirSync(join(places.trail('0'), 'web'), { recursive: true });
  if (text !== undefined) writeFileSync(join(places.trail('0'), '.pvr/json'), text);
  for (const file of files) writeFileSync(join(places.trail('0'), 'web', file), '');
  const lxc = new ScriptedEngine();
  return loadRevision('0' as RevisionName, places, new Map<string, Engine>([['lxc', lxc], ['wasmedge', createWasmEdgeEngine({ lxc, tree: wasmEdgeTree })]]), 30);
}

const program = JSON.stringify({ '#spec': 'pantavisor-service-system@1', 'web/run.json': { name: 'web', type: 'wasm' }, 'web/app.wasm': sha });

describe('a revision', () => {
  it('is loaded when all is there', () => expect(load(state('lxc'))).resolves.toMatchObject({ kind: 'ok', revision: { name: '0' } }));

  it.each([
    ['no state', undefined, undefined, 'json: cannot be read: ENOENT'],
    ['a truncated state', state('lxc').slice(0, 80), undefined, 'state: $: not JSON'],
    ['a missing object', state('lxc'), ['lxc.container.conf'], `state: $["web/root.squashfs"]: object ${sha} is missing at`],
    ['a configuration that is no object, and missing', state('lxc').replace(`conf":"${sha}"`, 'conf":{}'), ['root.squashfs'], 'web/run.json: $.config: cannot be read: ENOENT'],
    ['an unknown engine', state('runc'), undefined, "web/run.json: $.type: no plugin for platform type 'runc' (platform 'web'); there are: lxc"],
  ])('with %s is refused', async (_title, text, files, message) => {
    const loaded = await load(text, files);
    expect(loaded.kind === 'invalid' && loaded.problems.join('\n')).toContain(message);
  });

  it('that a provider keeps a consumer out of is refused, with an audit line', async () => {
    const web = JSON.parse(state('lxc')) as { 'web/run.json': object };
    const needs = { ...web, 'web/run.json': { ...web['web/run.json'], services: [{ name: 'lim', role: 'guest', target: '/t' }] } };
    const offers = { 'strict/run.json': { name: 'strict', status_goal: 'MOUNTED' }, 'strict/services.json': [{ name: 'lim', type: 'unix', socket: '/s', roles: ['admin'] }] };
    const refusal = "'strict' does not accept the role 'guest' for 'lim'";
    expect(await load(JSON.stringify({ ...needs, ...offers }))).toEqual({
      kind: 'invalid', problems: [`web/run.json: $.services[0].role: ${refusal}`, `audit: refused consumer=web service=lim provider=strict role=guest rule=roles: ${refusal}`],
    });
  });

  it('with a WebAssembly container is refused where there is no WasmEdge', async () => {
    expect(await load(program, ['app.wasm'], '/no/such/tree')).toEqual({
      kind: 'invalid', problems: ['web/run.json: $.type: wasmedge is not installed below /no/such/tree: install the package wasmedge, 0.14 or newer, or set PV_WASMEDGE_ROOT to the tree that has it'],
    });
  });

  it('with a module that is none is refused', async () => expect(await load(program, ['app.wasm'])).toEqual({ kind: 'invalid', problems: ['web/app.wasm: is empty'] }));
});
