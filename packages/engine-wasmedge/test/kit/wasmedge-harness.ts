/** Real WebAssembly containers for tests: the WasmEdge of the set-up's tree, kept by LXC in a temporary directory. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerName } from '@pv/contract/names';
import type { ConfiningHarness, Limits } from '@pv/engine/conformance-limits';
import type { Engine, StartSpec } from '@pv/engine/engine';
import { createLxcEngine } from '@pv/engine-lxc/lxc-engine';
import { tree } from '@pv/testkit/box/project';
import { tempRoot } from '@pv/testkit/temp-root';
import { hook, keptByLxc, removeContainer } from '../../../engine-lxc/test/kit/lxc-harness.ts';
import { createWasmEdgeEngine } from '../../src/wasmedge-engine.ts';
import { moduleFor } from './modules.ts';

export interface WasmEdgeHarness extends ConfiningHarness {
  /** A container with this module and `wasmedge.json`; it has a volume 'data'. */
  specOf(module: Uint8Array, config?: object): StartSpec;
  /** Of its volume 'data', on the host. */
  dataOf(spec: StartSpec): string;
  close(): Promise<void>;
}

/** `file`: unique among test files, since names of cgroups are the machine's. `root`: where WasmEdge is installed. */
export function wasmEdgeHarness(file: string, root = tree('wasmedge')): WasmEdgeHarness {
  const temp = tempRoot(`pv-wasmedge-${file}`);
  const specs: StartSpec[] = [];
  const another = (): Engine => createWasmEdgeEngine({
    lxc: createLxcEngine({ hook, logLevel: 2, allowHostNetwork: false, lxcPath: join(temp.path, 'lxc') }), tree: root,
  });
  const engine = another();
  const specOf = (module: Uint8Array, config: object = { dirs: { '/data': { volume: 'data' } } }): StartSpec => {
    const spec = makeSpec(`t${process.pid}-${file}-${specs.length}`, temp.path, module, JSON.stringify(config));
    specs.push(spec);
    return spec;
  };
  const dataOf = ({ volumesDir, name }: StartSpec): string => join(volumesDir, name, 'data');
  return {
    engine, another, specOf, dataOf, ...keptByLxc,
    hearsSignals: false,
    behaving: (behaviour) => specOf(moduleFor(behaviour)),
    limited: (behaviour, limits) => specOf(moduleFor(behaviour), { limits: configured(limits) }),
    cue: (spec) => writeFileSync(join(dataOf(spec), 'cue'), ''),
    close: async () => {
      for (const spec of specs) await removeContainer(engine, spec);
      engine.tidy();
      temp.remove();
    },
  };
}

const configured = ({ memory, ...others }: Limits) => ({ ...(memory === undefined ? {} : { memory: `${memory}M` }), ...others });

function makeSpec(name: string, root: string, module: Uint8Array, config: string): StartSpec {
  const own = join(root, name);
  const volumesDir = join(root, 'volumes');
  for (const directory of [join(own, 'trail'), join(own, 'writable'), join(own, 'state'), join(own, 'logs'), join(volumesDir, name, 'data')]) mkdirSync(directory, { recursive: true });
  writeFileSync(join(own, 'trail', 'app.wasm'), module);
  return {
    name: name as ContainerName,
    group: null,
    config: { path: `${name}/wasmedge.json`, text: config },
    program: { folder: join(own, 'trail'), file: 'app.wasm', volumes: ['data'] },
    rootfs: { lower: [], writable: join(own, 'writable') },
    volumesDir,
    mounts: [],
    environment: {},
    logs: { console: join(own, 'logs', 'console.log'), engine: join(own, 'logs', 'lxc.log') },
    stateDir: join(own, 'state'),
  };
}
