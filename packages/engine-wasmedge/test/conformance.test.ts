import { conformanceCases } from '@pv/engine/conformance';
import { confinementCases } from '@pv/engine/conformance-limits';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { wasmEdgeHarness, type WasmEdgeHarness } from './kit/wasmedge-harness.ts';

describe('WasmEdge, as any engine', () => {
  const held: { harness?: WasmEdgeHarness } = {};
  beforeAll(() => {
    held.harness = wasmEdgeHarness('conf');
  });
  afterAll(() => held.harness?.close());

  for (const { title, run } of [...conformanceCases, ...confinementCases]) {
    // A hundred restarts on a busy machine.
    test(title, { timeout: 300_000 }, async () => {
      if (held.harness === undefined) throw new Error('no harness');
      await run(held.harness);
    });
  }
});
