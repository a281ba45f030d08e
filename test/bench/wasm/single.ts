/** One container after the other, of both kinds in turn: how long until its first words, and what it takes. */
import { existsSync, readFileSync } from 'node:fs';
import type { StartSpec } from '@pv/engine/engine';
import { waitFor } from '@pv/testkit/wait-for';
import { lxcHarness } from '../../../packages/engine-lxc/test/kit/lxc-harness.ts';
import { wasmEdgeHarness } from '../../../packages/engine-wasmedge/test/kit/wasmedge-harness.ts';
import type { Figure } from '../figure.ts';
import { pss } from '../mesh/process.ts';

interface Measured {
  readonly first: number[];
  readonly init: number[];
}

type Harness = Pick<ReturnType<typeof lxcHarness>, 'engine' | 'behaving'>;

export async function single(runs: number): Promise<Figure[]> {
  const [lxc, wasm] = [lxcHarness('bench'), wasmEdgeHarness('bench')];
  const measured = { lxc: { first: [], init: [] } as Measured, wasm: { first: [], init: [] } as Measured };
  try {
    for (let run = 0; run < runs; run += 1) {
      await once(wasm, measured.wasm);
      await once(lxc, measured.lxc);
    }
  } finally {
    await wasm.close();
    await lxc.close();
  }
  return [
    { what: 'start to first output, WebAssembly', unit: 'ms', values: measured.wasm.first },
    { what: 'start to first output, busybox', unit: 'ms', values: measured.lxc.first },
    { what: 'PSS of its first process, WebAssembly', unit: 'MB', values: measured.wasm.init },
    { what: 'PSS of its first process, busybox', unit: 'MB', values: measured.lxc.init },
  ];
}

async function once({ engine, behaving }: Harness, { first, init }: Measured): Promise<void> {
  const spec = behaving({ does: 'stay' });
  const asked = performance.now();
  const result = await engine.start(spec);
  if (result.kind === 'failed') throw new Error(result.reason);
  await waitFor(() => said(spec), { what: 'ready', everyMs: 1 });
  first.push(performance.now() - asked);
  init.push(pss(result.container.init.pid));
  await result.container.kill();
  await result.container.ended;
  await engine.sweep(spec);
}

function said({ logs }: StartSpec): boolean {
  return existsSync(logs.console) && readFileSync(logs.console, 'utf8').includes('ready');
}
